import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ForkpoolError } from '../base/index.ts'
import type { BatchSummary, ItemBlock, ResultsMessage, TaskFailure } from '../protocol/index.ts'
import { decodeItems, encodeItems, resultBytes } from '../protocol/index.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import { withFallbackTask } from './fallback-task.ts'

const SUMMARY = { wallMs: 5, runMs: 4, workers: 1 }

/** A carrier worked by hand: what was submitted, by number, and what was said of it. */
class HandCarrier implements BatchCarrier {
  readonly limits = { frameBytes: 1e6, inputWindowBytes: 1e6 }
  readonly isRemote = false
  readonly owners: BatchOwner[] = []
  readonly submissions: BatchSubmission[] = []
  readonly cancelled: number[] = []
  readonly consumedBytes = new Map<number, number>()
  readonly givenBytes = new Map<number, number>()
  refusal: ForkpoolError | undefined

  submit(owner: BatchOwner, submission: BatchSubmission): number {
    this.owners.push(owner)
    this.submissions.push(submission)
    if (this.refusal !== undefined) owner.failed(this.refusal)
    return this.owners.length
  }

  items(): void {}
  end(): void {}

  cancel(batch: number): void {
    this.cancelled.push(batch)
  }

  consumed(batch: number, bytes: number): void {
    this.consumedBytes.set(batch, (this.consumedBytes.get(batch) ?? 0) + bytes)
  }

  /** Tells results of tasks from `from` on: their values, or `undefined` for one that fails. */
  tell(batch: number, from: number, values: readonly (number | undefined)[], done?: BatchSummary): void {
    const failures = values.flatMap((value, at) => (value === undefined ? [failure(at, `${batch} fails`)] : []))
    const message: ResultsMessage = {
      kind: 'results',
      batch,
      from,
      count: values.length,
      values: block(values.filter((value) => value !== undefined)),
      ...(failures.length > 0 && { failures }),
      done,
    }
    this.givenBytes.set(batch, (this.givenBytes.get(batch) ?? 0) + resultBytes(message))
    this.owners[batch - 1]?.results(message)
  }
}

function failure(at: number, message: string): TaskFailure {
  return { at, attempts: 2, error: { name: 'Error', message } }
}

function block(values: readonly number[]): ItemBlock {
  return values.length === 0 ? { count: 0, codec: 'f64', bytes: new Uint8Array(0) } : encodeItems(values)
}

/** An owner that reads all results at once and writes down what each index came to. */
class Notebook implements BatchOwner {
  readonly values = new Map<number, number>()
  readonly failures = new Map<number, TaskFailure>()
  readonly ends: (BatchSummary | ForkpoolError)[] = []
  readonly dones: BatchSummary[] = []
  read: (bytes: number) => void = () => {}

  accepted(): void {}
  room(): void {}

  results(message: ResultsMessage): void {
    const { from, count, values, failures = [], done } = message
    expect(this.ends).toEqual([])
    expect(this.dones).toEqual([])
    const decoded = decodeItems(values) as number[]
    expect(decoded.length + failures.length).toBe(count)
    let failed = 0
    for (let at = 0; at < count; at++) {
      expect(this.values.has(from + at) || this.failures.has(from + at)).toBe(false)
      const one = failures[failed]?.at === at ? failures[failed] : undefined
      if (one === undefined) this.values.set(from + at, decoded[at - failed] as number)
      else {
        failed++
        this.failures.set(from + at, one)
      }
    }
    if (done !== undefined) this.dones.push(done)
    this.read(resultBytes(message))
  }

  ended(summary: BatchSummary): void {
    this.ends.push(summary)
  }

  failed(error: ForkpoolError): void {
    this.ends.push(error)
  }
}

function summary(completed: number, failed: number): BatchSummary {
  return { outcome: failed > 0 ? 'failed' : 'completed', completed, failed, cancelled: 0, ...SUMMARY }
}

interface Opened {
  readonly carrier: HandCarrier
  readonly clock: FakeClock
  readonly wrapped: BatchCarrier
  readonly owner: Notebook
}

function open(items: readonly number[], inFirst: number = items.length): Opened {
  const carrier = new HandCarrier()
  const clock = new FakeClock()
  const wrapped = withFallbackTask(carrier, clock, 'other')
  const owner = new Notebook()
  const whole = inFirst >= items.length
  const first = { items: block(items.slice(0, inFirst)), ...(whole && { end: true }) }
  wrapped.submit(owner, { task: 'first', priority: 3, timeoutMs: 10, deadlineMs: 1_000, retries: 4, ...first })
  if (!whole) wrapped.items(1, block(items.slice(inFirst)), true)
  owner.read = (bytes) => wrapped.consumed(1, bytes)
  return { carrier, clock, wrapped, owner }
}

/** Of each task: whether it fails, and whether the other task fails for it. */
const tasks = fc.array(fc.record({ fails: fc.boolean(), failsAgain: fc.boolean() }), { minLength: 1, maxLength: 30 })

test('each task has one outcome, its own or the other task’s; the end comes last, with the right account; all that was read is given back', () => {
  fc.assert(
    fc.property(
      tasks,
      fc.nat(29),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.boolean(),
      (all, split, cuts, endFirst) => {
        const inputs = all.map((_, index) => 1_000 + index)
        const { carrier, owner } = open(inputs, Math.max(1, split % (all.length + 1)))
        let cut = 0
        for (let from = 0; from < all.length; cut++) {
          const count = Math.min(cuts[cut % cuts.length] as number, all.length - from)
          carrier.tell(
            1,
            from,
            all.slice(from, from + count).map(({ fails }, i) => (fails ? undefined : from + i)),
          )
          from += count
        }
        const failed = all.filter(({ fails }) => fails).length
        const end = (): void => carrier.owners[0]?.ended(summary(all.length - failed, failed))
        if (endFirst) end()
        for (let number = 2; number <= carrier.owners.length; number++) {
          const { items, ...request } = carrier.submissions[number - 1] as BatchSubmission
          expect(request).toMatchObject({ task: 'other', priority: 3, timeoutMs: 10, follows: true, end: true, total: items?.count })
          expect(request.retries).toBeUndefined()
          const indexes = (decodeItems(items as ItemBlock) as number[]).map((input) => input - 1_000)
          const outcomes = indexes.map((index) => (all[index]?.failsAgain === true ? undefined : 5_000 + index))
          carrier.tell(number, 0, outcomes.slice(0, 1))
          if (outcomes.length > 1) carrier.tell(number, 1, outcomes.slice(1))
          expect(owner.ends).toEqual([])
          carrier.owners[number - 1]?.ended(summary(outcomes.length, 0))
        }
        if (!endFirst) end()
        for (const [index, { fails, failsAgain }] of all.entries()) {
          if (fails && failsAgain) {
            expect(owner.failures.get(index)).toMatchObject({ attempts: 4, error: { cause: { message: '1 fails' } } })
          } else {
            expect(owner.values.get(index)).toBe(fails ? 5_000 + index : index)
          }
        }
        const lost = all.filter(({ fails, failsAgain }) => fails && failsAgain).length
        expect(owner.ends).toEqual([summary(all.length - lost, lost)])
        expect(carrier.consumedBytes).toEqual(carrier.givenBytes)
      },
    ),
  )
})

describe('a batch with a fallback task', () => {
  test('says its end with the last result, whichever that is', () => {
    const { carrier, owner } = open([1_000])
    carrier.tell(1, 0, [undefined], summary(0, 1))
    carrier.owners[0]?.ended(summary(0, 1))
    expect(owner.dones).toEqual([])
    carrier.tell(2, 0, [7], summary(1, 0))
    expect(owner.dones).toEqual([summary(1, 0)])
    carrier.owners[1]?.ended(summary(1, 0))
    expect(owner.ends).toEqual([summary(1, 0)])
    const plain = open([1_000])
    plain.carrier.tell(1, 0, [3], summary(1, 0))
    expect(plain.owner.dones).toEqual([summary(1, 0)])
  })

  test('says why the other task was refused, with the first failure behind it', () => {
    const { carrier, owner } = open([1_000, 1_001])
    carrier.refusal = new ForkpoolError('TASK_UNKNOWN')
    carrier.tell(1, 0, [undefined, 5])
    carrier.owners[0]?.ended(summary(1, 1))
    expect(owner.failures.get(0)).toMatchObject({ at: 0, attempts: 2, error: { code: 'TASK_UNKNOWN', cause: { message: '1 fails' } } })
    expect(owner.ends).toEqual([summary(1, 1)])
  })

  test('is cancelled with what fell back of it, and hears nothing more', () => {
    const { carrier, wrapped, owner } = open([1_000, 1_001])
    carrier.tell(1, 0, [undefined])
    wrapped.cancel(1)
    expect(carrier.cancelled).toEqual([1, 2])
    carrier.tell(2, 0, [7])
    carrier.tell(1, 1, [8])
    carrier.owners[0]?.ended(summary(1, 1))
    expect([owner.values.size, owner.failures.size, owner.ends.length]).toEqual([0, 0, 0])
  })

  test('has one deadline, and hears what tasks say of themselves under their own index', () => {
    const { carrier, clock, owner } = open([1_000, 1_001, 1_002])
    const said: unknown[] = []
    Object.assign(owner, { told: (told: unknown) => said.push(told) > 0 })
    const told = { kind: 'progress', worker: 'w1', attempt: 1, fraction: 0.5 } as const
    carrier.owners[0]?.told?.({ ...told, index: 1 })
    clock.advance(400)
    carrier.tell(1, 0, [5, undefined, undefined])
    expect(carrier.submissions[1]?.deadlineMs).toBe(600)
    carrier.owners[1]?.told?.({ ...told, index: 1 })
    expect(said).toEqual([
      { ...told, index: 1 },
      { ...told, index: 2 },
    ])
  })

  test('fails with its pool, once', () => {
    const { carrier, owner } = open([1_000, 1_001])
    carrier.tell(1, 0, [undefined])
    const error = new ForkpoolError('POOL_CLOSED')
    carrier.owners[0]?.failed(error)
    carrier.owners[1]?.failed(error)
    expect(owner.ends).toEqual([error])
    expect(owner.failures.size).toBe(0)
  })
})
