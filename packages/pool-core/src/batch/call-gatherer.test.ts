import { expect, test } from 'vitest'
import { ForkpoolError } from '../base/index.ts'
import type { ItemBlock, TaskFailure } from '../protocol/index.ts'
import { decodeItems, encodeItems, toWireError } from '../protocol/index.ts'
import { FakeClock } from '../testing/index.ts'
import { BatchCalls } from './batch-calls.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'

/** A carrier that keeps what is submitted; a test answers. */
class Keeper implements BatchCarrier {
  readonly limits = { frameBytes: 1_000_000, inputWindowBytes: 1_000_000 }
  readonly isRemote = true
  readonly gathersCalls = true
  readonly batches: { readonly owner: BatchOwner; readonly submission: BatchSubmission }[] = []
  readonly cancelled: number[] = []
  readonly skipped: [batch: number, index: number][] = []

  submit(owner: BatchOwner, submission: BatchSubmission): number {
    return this.batches.push({ owner, submission })
  }
  items(): void {}
  end(): void {}
  cancel(batch: number): void {
    this.cancelled.push(batch)
  }
  skip(batch: number, index: number): void {
    this.skipped.push([batch, index])
  }
  consumed(): void {}

  /** What each batch holds. */
  sent(): unknown[] {
    return this.batches.map(({ submission }) => [submission.task, submission.spread ?? false, decodeItems(submission.items as ItemBlock)])
  }

  answer(number: number, values: readonly unknown[], failures: readonly TaskFailure[] = []): void {
    const count = values.length + failures.length
    this.batches[number - 1]!.owner.results({ kind: 'results', batch: number, from: 0, count, values: encodeItems(values), failures })
  }
}

const microtask = (): Promise<void> => Promise.resolve()

function open(): { keeper: Keeper; calls: BatchCalls } {
  const keeper = new Keeper()
  return { keeper, calls: new BatchCalls({ carrier: keeper, clock: new FakeClock(), defaults: {} }) }
}

test('the first call of a go leaves at once, the others together when it is over, each with its own outcome', async () => {
  const { keeper, calls } = open()
  const futures = [1, 2, 3, 4].map((n) => calls.submit('square', n))
  expect(keeper.sent()).toEqual([['square', false, [1]]])
  await microtask()
  expect(keeper.sent()).toEqual([
    ['square', false, [1]],
    ['square', false, [2, 3, 4]],
  ])
  keeper.answer(1, [1])
  keeper.answer(2, [4, 16], [{ at: 1, attempts: 2, error: toWireError(new RangeError('three')) }])
  expect(await futures[0]).toBe(1)
  expect(await futures[1]).toBe(4)
  await expect(futures[2]).rejects.toMatchObject({ name: 'TaskError', message: 'three', index: 0, attempts: 2 })
  expect(await futures[3]).toBe(16)
})

test('calls of another task, or with another number of arguments, go in order and apart', async () => {
  const { keeper, calls } = open()
  for (const [task, ...args] of [['a', 1], ['a', 2], ['b', 3], ['b', 4, 5], ['b'], ['a', 6]] as const) void calls.submit(task, ...args)
  await microtask()
  expect(keeper.sent()).toEqual([
    ['a', false, [1]],
    ['a', false, [2]],
    ['b', false, [3]],
    ['b', true, [[4, 5], []]],
    ['a', false, [6]],
  ])
})

test('an argument that cannot be sent fails its own call', async () => {
  const { keeper, calls } = open()
  void calls.submit('t', 0)
  const [bad, good] = [calls.submit('t', () => 1), calls.submit('t', { n: 1 })]
  await expect(bad).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
  expect(keeper.sent()[1]).toEqual(['t', false, [{ n: 1 }]])
  keeper.answer(2, ['fine'])
  expect(await good).toBe('fine')
})

test('a cancelled call need not run, and its result is dropped; when all are cancelled the batch is', async () => {
  const { keeper, calls } = open()
  const [, first, second] = [0, 1, 2].map((n) => calls.submit('t', n))
  await microtask()
  expect(first!.cancel()).toBe(true)
  expect(first!.state).toBe('cancelled-and-notified')
  expect(keeper.cancelled).toEqual([])
  expect(keeper.batches[1]!.submission.skip).toEqual(new Set([0]))
  expect(keeper.skipped).toEqual([[2, 0]])
  second!.cancel()
  expect(keeper.cancelled).toEqual([2])
  keeper.answer(2, [1, 2])
  await expect(first).rejects.toMatchObject({ name: 'CancelledError' })
})

test('a call that is cancelled before it leaves is sent as one that need not run', async () => {
  const { keeper, calls } = open()
  const [, first, second] = [0, 1, 2].map((n) => calls.submit('t', n))
  first!.cancel()
  await microtask()
  expect(keeper.batches[1]!.submission.skip).toEqual(new Set([0]))
  keeper.answer(2, [1, 2])
  expect(await second).toBe(2)
})

test('calls that were all cancelled before they left are not sent', async () => {
  const { keeper, calls } = open()
  void calls.submit('t', 0)
  calls.submit('t', 1).cancel()
  await microtask()
  expect(keeper.batches).toHaveLength(1)
})

test('a batch that comes to nothing fails each call, with an error of its own; one that was cancelled elsewhere cancels them', async () => {
  const { keeper, calls } = open()
  const [, first, second] = [0, 1, 2].map((n) => calls.submit('t', n))
  await microtask()
  keeper.batches[1]!.owner.failed(new ForkpoolError('POOL_CLOSED', 'over'))
  const errors = await Promise.all([first!.exception(), second!.exception()])
  expect(errors[0]).toMatchObject({ code: 'POOL_CLOSED', message: 'over' })
  expect(errors[0]).not.toBe(errors[1])
  const [, third] = [3, 4].map((n) => calls.submit('t', n))
  await microtask()
  const summary = { outcome: 'cancelled', completed: 0, failed: 0, cancelled: 1, wallMs: 0, runMs: 0, workers: 0 } as const
  keeper.batches[3]!.owner.ended(summary)
  expect(third!.cancelled()).toBe(true)
})

test('a call with options of its own travels by itself', async () => {
  const { keeper, calls } = open()
  void calls.submit('t', 0)
  void calls.submitWith({ retries: 1 }, 't', 1)
  void calls.submit('t', 2)
  expect(keeper.batches.map(({ submission }) => submission.retries)).toEqual([undefined, 1])
  await microtask()
  expect(keeper.batches).toHaveLength(3)
})
