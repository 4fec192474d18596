import { describe, expect, test } from 'vitest'
import type { Random } from '@forkpool/pool-core/base'
import { deferred, ForkpoolError } from '@forkpool/pool-core/base'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId, SessionId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import { HeardSink } from '../../test/support/heard-sink.ts'
import { ScriptedWorkers } from '../../test/support/scripted-workers.ts'
import type { BatchHandle, BatchRequest } from '../batch-request.ts'
import { Dispatcher } from '../dispatcher/dispatcher.ts'
import type { OpenBatch } from '../engine/engine.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'
import { Quarantine } from '../quarantine/quarantine.ts'
import { Attachments } from './attachments.ts'

const ORPHAN_MS = 1000

const REQUEST: BatchRequest = {
  session: 's1' as SessionId,
  task: 'square',
  pool: undefined,
  poolSize: 1,
  spread: false,
  total: undefined,
  priority: 0,
  chunkSize: 2,
  retries: 0,
  backoffMs: 0,
  failFast: false,
  reply: 'auto',
  owner: 'me',
  idempotencyKey: 's:s1/1',
}

const KEYED: BatchRequest = { ...REQUEST, idempotencyKey: 'k:me/nightly', hasKey: true }

/** A coordinator without its sockets and processes. */
class House {
  readonly clock = new FakeClock()
  readonly workers = new ScriptedWorkers()
  readonly engine: MemoryEngine
  readonly dispatcher: Dispatcher
  readonly attachments: Attachments

  /** @param bytes of results that are kept. */
  constructor(workers = 1, bytes = 1_000_000) {
    this.engine = new MemoryEngine({ clock: this.clock, retention: { ageMs: 1e9, bytes, batches: 100 } })
    let tokens = 0
    const random: Random = { next: () => 0.5, token: () => `batch${++tokens}` }
    const nothing = (): void => undefined
    this.dispatcher = new Dispatcher({
      clock: this.clock,
      random,
      engine: this.engine,
      fleet: this.workers,
      observer: {
        batchOpened: nothing,
        batchEnded: nothing,
        tasksSettled: nothing,
        tasksAssigned: nothing,
        shardRan: nothing,
        duplicateDropped: nothing,
        workerLost: nothing,
      },
      scheduler: { baseWorkers: workers, maxWorkers: workers },
      poolsMax: 10,
      defaultPoolSize: 1,
      batchesKept: 10,
      quarantine: new Quarantine({ tasksMax: 10, bytesMax: 10_000 }),
      loopPollMs: 0,
      left: (batch, goesOn) => this.attachments.left(batch, goesOn),
    })
    this.attachments = new Attachments({ clock: this.clock, engine: this.engine, batches: this.dispatcher, orphanMs: ORPHAN_MS })
    this.dispatcher.start()
    this.workers.allOnline()
  }

  /** Submits numbers and waits until the batch is there. */
  async submit(numbers: readonly number[], ended: boolean, request = REQUEST): Promise<Reading> {
    const sink = new HeardSink()
    const handle = this.attachments.submit(request, encodeItems(numbers), ended, sink)
    await settled()
    return { sink, handle }
  }

  async attach(id: BatchId | undefined, have: readonly number[] = [], owner: string | undefined = 'me'): Promise<Reading> {
    const sink = new HeardSink()
    const handle = this.attachments.attach({ id, key: id === undefined ? 's:s1/1' : undefined, owner, have }, sink)
    await settled()
    return { sink, handle }
  }

  /** A worker that has something to do answers once. */
  async answer(): Promise<void> {
    const [worker] = [...this.workers.held].find(([, shards]) => shards.length > 0) ?? []
    if (worker !== undefined) this.workers.answer(worker)
    await settled()
  }

  async runAll(): Promise<void> {
    for (let i = 0; i < 20; i++) await this.answer()
  }

  stateOf(id: BatchId | undefined): string {
    if (id === undefined) return 'unknown'
    const open = this.dispatcher.open.get(id)
    return open === undefined ? (this.dispatcher.ended.get(id)?.summary?.outcome ?? 'unknown') : open.cancelling ? 'cancelling' : 'open'
  }
}

interface Reading {
  readonly sink: HeardSink
  readonly handle: BatchHandle
}

/** Everything here happens in microtasks: when none is left, it has. */
function settled(): Promise<void> {
  return new Promise(setImmediate)
}

function squares(...numbers: readonly number[]): readonly (readonly [number, number])[] {
  return numbers.map((n, index) => [index, n * n])
}

function inOrder({ outcomes }: HeardSink): readonly (readonly [number, unknown])[] {
  return [...outcomes].toSorted(([a], [b]) => a - b)
}

describe('attach', () => {
  test('whoever comes in the middle gets what was recorded, then what comes; who read before hears that it is superseded', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3, 4, 5], true)
    await house.answer()
    const second = await house.attach(first.sink.id)
    expect(first.sink.said).toEqual(['accepted', 'results 0+2', 'SUPERSEDED'])
    expect(second.sink.attachedBatch).toMatchObject({ id: first.sink.id, task: 'square', poolSize: 1, received: 5, inputEnded: true })
    await house.runAll()
    expect(inOrder(second.sink)).toEqual(squares(1, 2, 3, 4, 5))
    expect(second.sink.summary).toMatchObject({ outcome: 'completed', completed: 5 })
    expect(second.sink.said[0]).toBe('attached')
  })

  test('the superseded reader can neither stop nor pause nor feed the batch', async () => {
    const house = new House()
    const first = await house.submit([1, 2], false)
    const second = await house.attach(first.sink.id)
    first.handle.add(encodeItems([9, 9]), true)
    first.handle.pause(true)
    first.handle.cancel()
    first.handle.leave()
    first.handle.abandon()
    second.handle.add(encodeItems([3]), true)
    await house.runAll()
    expect(inOrder(second.sink)).toEqual(squares(1, 2, 3))
    expect(house.clock.pending).toBe(0)
  })

  test('hears nothing before what came of the input is recorded: who is told that it came, keeps it no longer', async () => {
    for (const isTaken of [true, false]) {
      const house = new House()
      const first = await house.submit([1, 2], false)
      await house.answer()
      const append = deferred<void>()
      const { engine } = house
      const recorded = engine.append.bind(engine)
      engine.append = (...items) => append.promise.then(() => recorded(...items))
      first.handle.add(encodeItems([3]), true)
      const second = await house.attach(first.sink.id)
      await house.runAll()
      expect(second.sink.said).toEqual([])
      if (isTaken) append.resolve()
      else append.reject(new ForkpoolError('DISK_FULL'))
      await settled()
      await house.runAll()
      if (isTaken) {
        expect(second.sink.attachedBatch).toMatchObject({ received: 3, inputEnded: true, heldBytes: 8 })
        expect(second.sink.credits).toBe(8)
        expect(inOrder(second.sink)).toEqual(squares(1, 2, 3))
      } else expect(second.sink.said).toEqual(['DISK_FULL'])
      expect(house.dispatcher.open.size).toBe(0)
    }
  })

  test('by the session and number of its submission, and without what the client has', async () => {
    const house = new House()
    await house.submit([1, 2, 3, 4, 5, 6], true)
    await house.answer()
    await house.answer()
    const again = await house.attach(undefined, [0, 1, 3, 4])
    await house.runAll()
    expect(inOrder(again.sink)).toEqual(squares(1, 2, 3, 4, 5, 6).filter(([index]) => index !== 0 && index !== 3))
  })

  test('an ended batch is read as often as one likes', async () => {
    const house = new House()
    const { sink } = await house.submit([1, 2, 3], true)
    await house.runAll()
    for (let i = 0; i < 2; i++) {
      const again = await house.attach(sink.id)
      expect(inOrder(again.sink)).toEqual(squares(1, 2, 3))
      expect(again.sink.summary).toEqual(sink.summary)
      expect(again.sink.attachedBatch).toMatchObject({ received: 3, inputEnded: true, heldBytes: 0 })
    }
  })

  test('of a batch that was given up it says why, after what there is', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3, 4, 5, 6, 7, 8, 9], true, { ...REQUEST, deadlineMs: 50 })
    await house.answer()
    house.clock.advance(50)
    await house.runAll()
    expect(first.sink.said.at(-1)).toBe('TIMED_OUT')
    const again = await house.attach(first.sink.id)
    expect(again.sink.said[0]).toBe('attached')
    expect(again.sink.said.slice(1)).toEqual(first.sink.said.slice(1))
    expect(again.sink.outcomes.size).toBeLessThan(9)
  })

  test('an ended batch that nobody wants to read further ends at once for whoever cancels it', async () => {
    const house = new House()
    const { sink } = await house.submit([1, 2, 3], true)
    await house.runAll()
    const again = new HeardSink()
    const handle = house.attachments.attach({ id: sink.id, owner: 'me', have: [] }, again)
    handle.pause(true)
    handle.cancel()
    await settled()
    expect(again.said).toEqual(['attached', 'done'])
    const left = new HeardSink()
    house.attachments.attach({ id: sink.id, owner: 'me', have: [] }, left).abandon()
    await settled()
    expect(left.said).toEqual(['attached'])
  })

  test("an unknown batch, somebody else's and one that is forgotten are the same: unknown. An admin sees all", async () => {
    const house = new House()
    const { sink } = await house.submit([1], true)
    await house.runAll()
    const unknown = await house.attach('none' as BatchId)
    const foreign = await house.attach(sink.id, [], 'you')
    expect([unknown.sink.said, foreign.sink.said]).toEqual([['BATCH_UNKNOWN'], ['BATCH_UNKNOWN']])
    const admin = new HeardSink()
    house.attachments.attach({ id: sink.id, owner: undefined, have: [] }, admin)
    await settled()
    expect(inOrder(admin)).toEqual(squares(1))
    await house.engine.forget(sink.id as BatchId)
    expect((await house.attach(sink.id)).sink.said).toEqual(['BATCH_UNKNOWN'])
  })

  test('a reader that leaves before its batch was found leaves it to the next', async () => {
    const house = new House()
    const { sink } = await house.submit([1, 2, 3], true)
    const gone = new HeardSink()
    const handle = house.attachments.attach({ id: sink.id, owner: 'me', have: [] }, gone)
    handle.leave()
    await settled()
    expect(gone.said).toEqual(['attached'])
    expect(house.clock.pending).toBe(1)
    const back = await house.attach(sink.id)
    expect(house.clock.pending).toBe(0)
    await house.runAll()
    expect(inOrder(back.sink)).toEqual(squares(1, 2, 3))
  })
})

describe('batches whose reader is gone', () => {
  test('a batch waits for its reader for a while, and is cancelled when it does not come', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    handle.leave()
    house.clock.advance(ORPHAN_MS - 1)
    expect(house.stateOf(sink.id)).toBe('open')
    house.clock.advance(1)
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('it goes on from when its reader is back, and the time begins anew with the next loss', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    handle.leave()
    house.clock.advance(ORPHAN_MS - 1)
    const back = await house.attach(sink.id)
    house.clock.advance(ORPHAN_MS)
    expect(house.stateOf(sink.id)).toBe('open')
    back.handle.leave()
    house.clock.advance(ORPHAN_MS - 1)
    expect(house.stateOf(sink.id)).toBe('open')
    house.clock.advance(1)
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('a batch whose results were not kept is left by its reader, who cannot have them', async () => {
    const house = new House(1, 8)
    const { sink, handle } = await house.submit([1, 2, 3, 4, 5, 6], true)
    await house.answer()
    handle.leave()
    const back = await house.attach(sink.id)
    expect(back.sink.said).toEqual(['attached', 'RESULTS_GONE'])
    house.clock.advance(ORPHAN_MS)
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('a detached batch waits for nobody, whether its client is lost or says goodbye', async () => {
    for (const way of ['leave', 'abandon'] as const) {
      const house = new House()
      const { sink, handle } = await house.submit([1, 2, 3, 4], true, { ...REQUEST, detached: true })
      handle[way]()
      expect(house.clock.pending).toBe(0)
      await house.runAll()
      expect(house.stateOf(sink.id)).toBe('completed')
      expect(inOrder((await house.attach(sink.id)).sink)).toEqual(squares(1, 2, 3, 4))
    }
  })

  test('a detached batch without the end of its input would never end by itself: it waits as any other, and ends with a goodbye', async () => {
    const house = new House()
    const lost = await house.submit([1], false, { ...REQUEST, detached: true })
    lost.handle.leave()
    house.clock.advance(ORPHAN_MS)
    await house.runAll()
    expect(house.stateOf(lost.sink.id)).toBe('cancelled')
    const left = await house.submit([1], false, { ...REQUEST, idempotencyKey: 's:s1/2', detached: true })
    left.handle.abandon()
    await house.runAll()
    expect(house.stateOf(left.sink.id)).toBe('cancelled')
  })

  test('a client that says goodbye wants its batch no more', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    handle.abandon()
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('batches of an earlier life wait for their readers too, and nothing is given up once the coordinator stops', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    const stored = await house.engine.batch(sink.id as BatchId)
    const open = [true, false].map((detached) => ({ ...stored, batch: { ...stored?.batch, detached } }) as unknown as OpenBatch)
    house.attachments.recovered(open)
    expect(house.clock.pending).toBe(1)
    house.attachments.stop()
    expect(house.clock.pending).toBe(0)
    handle.leave()
    house.clock.advance(ORPHAN_MS)
    expect(house.stateOf(sink.id)).toBe('open')
  })
})

describe('keys', () => {
  test('of two submissions at once with one key one runs, and both have its results, or the later one alone', async () => {
    const house = new House()
    const [first, second] = await Promise.all([house.submit([1, 2, 3], true, KEYED), house.submit([1, 2, 3], true, KEYED)])
    await house.runAll()
    expect(house.workers.ran).toEqual([1, 2, 3])
    expect(first.sink.said).toEqual(['accepted', 'SUPERSEDED'])
    expect(second.sink.said[0]).toBe('attached')
    expect(inOrder(second.sink)).toEqual(squares(1, 2, 3))
    expect(second.sink.id).toBe(first.sink.id)
  })

  test('nothing runs before it is known who was first, though a worker is free', async () => {
    const house = new House(2)
    const request = { ...KEYED, poolSize: 2 }
    await Promise.all([house.submit([1], true, request), house.submit([1], true, request)])
    await house.runAll()
    expect(house.workers.ran).toEqual([1])
  })

  test('after its end a batch with the key is not run again', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3], true, KEYED)
    await house.runAll()
    const again = await house.submit([1, 2, 3], true, KEYED)
    await house.runAll()
    expect(house.workers.ran).toEqual([1, 2, 3])
    expect(inOrder(again.sink)).toEqual(inOrder(first.sink))
    expect(again.sink.summary).toEqual(first.sink.summary)
    // The input that came a second time is dealt with at once.
    expect(again.sink.credits).toBe(24)
  })

  test('a second client gives what the first did not, whenever its items come', async () => {
    const house = new House()
    const first = house.submit([1, 2, 3], false, KEYED)
    const second = new HeardSink()
    const handle = house.attachments.submit(KEYED, encodeItems([1, 2]), false, second)
    handle.add(encodeItems([3, 4]), false)
    handle.add(encodeItems([5]), true)
    await first
    await house.runAll()
    expect(second.said[0]).toBe('attached')
    expect(inOrder(second)).toEqual(squares(1, 2, 3, 4, 5))
    expect(second.summary).toMatchObject({ completed: 5 })
    expect(house.workers.ran).toEqual([1, 2, 3, 4, 5])
  })

  test('items that come while it is open whether one is the first belong to the batch that has the key', async () => {
    // Both look, find nothing, and submit; the second learns only from the record that it is not the first.
    const house = new House()
    const sinks = [new HeardSink(), new HeardSink()]
    const handles = sinks.map((sink) => house.attachments.submit(KEYED, encodeItems([1]), false, sink))
    for (let turn = 0; turn < 6; turn++) {
      await Promise.resolve()
      for (const handle of handles) handle.add(encodeItems([turn + 2]), turn === 5)
    }
    await house.runAll()
    expect(sinks[0]?.said.at(-1)).toBe('SUPERSEDED')
    expect(inOrder(sinks[1] as HeardSink)).toEqual(squares(1, 2, 3, 4, 5, 6, 7))
    expect(house.workers.ran).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('a key that was given to another batch before is refused, and that one is not disturbed', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3], true, KEYED)
    const others = [
      await house.submit([1, 2, 3], true, { ...KEYED, spread: true }),
      await house.submit([1, 2], true, KEYED),
      await house.submit([1], false, { ...KEYED, total: 4 }),
    ]
    for (const { sink } of others) expect(sink.said).toEqual(['ALREADY_EXISTS'])
    await house.runAll()
    expect(inOrder(first.sink)).toEqual(squares(1, 2, 3))
    const same = await house.submit([1], false, { ...KEYED, total: 3 })
    expect(inOrder(same.sink)).toEqual(squares(1, 2, 3))
  })

  test('a submission that is refused leaves its key free', async () => {
    const house = new House()
    const wrong = await house.submit([1], true, { ...KEYED, task: 'sqare' })
    wrong.handle.cancel()
    expect(wrong.sink.said).toEqual(['TASK_UNKNOWN'])
    const right = await house.submit([2], true, KEYED)
    await house.runAll()
    expect(inOrder(right.sink)).toEqual(squares(2))
  })

  test("a key of somebody else's is another key", async () => {
    const house = new House()
    await house.submit([1, 2], true, KEYED)
    await house.submit([3, 4], true, { ...KEYED, owner: 'you', idempotencyKey: 'k:you/nightly' })
    await house.runAll()
    expect(house.workers.ran.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
  })

  test('a cancel before it is known who was first reaches the batch', async () => {
    const house = new House()
    const sink = new HeardSink()
    const handle = house.attachments.submit(KEYED, encodeItems([1, 2, 3, 4, 5, 6]), true, sink)
    handle.cancel()
    await house.runAll()
    expect(sink.summary?.outcome).toBe('cancelled')
  })
})
