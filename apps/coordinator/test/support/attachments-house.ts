import type { Random } from '@forkpool/pool-core/base'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import { REQUEST as PLAIN_REQUEST } from './dispatcher-house.ts'
import { HeardSink } from './heard-sink.ts'
import { ScriptedWorkers } from './scripted-workers.ts'
import type { BatchHandle, BatchRequest } from '../../src/batch-request.ts'
import { Dispatcher } from '../../src/dispatcher/dispatcher.ts'
import { MemoryEngine } from '../../src/engine/memory/memory-engine.ts'
import { Quarantine } from '../../src/quarantine/quarantine.ts'
import { Attachments } from '../../src/attachments/attachments.ts'

export const ORPHAN_MS = 1000

export const REQUEST: BatchRequest = { ...PLAIN_REQUEST, poolSize: 1, owner: 'me', idempotencyKey: 's:s1/1' }

export const KEYED: BatchRequest = { ...REQUEST, idempotencyKey: 'k:me/nightly', hasKey: true }

/** A coordinator without its sockets and processes. */
export class House {
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

export interface Reading {
  readonly sink: HeardSink
  readonly handle: BatchHandle
}

/** Everything here happens in microtasks: when none is left, it has. */
export function settled(): Promise<void> {
  return new Promise(setImmediate)
}

export function squares(...numbers: readonly number[]): readonly (readonly [number, number])[] {
  return numbers.map((n, index) => [index, n * n])
}

export function inOrder({ outcomes }: HeardSink): readonly (readonly [number, unknown])[] {
  return [...outcomes].toSorted(([a], [b]) => a - b)
}
