import type { ForkpoolError } from '../base/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from '../batch/index.ts'
import type { NestedAnswer, NestedCall } from '../link/note-channel.ts'
import { movedOf, toWireError } from '../protocol/index.ts'
import type { BatchSummary, ResultsMessage } from '../protocol/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'

export interface NestedCallsHost {
  /** What the batch asks for that the shard is of; undefined where this worker does not hold it any more. */
  readonly parentOf: (worker: WorkerId, shard: ShardId) => BatchSubmission | undefined
  readonly answer: (worker: WorkerId, answer: NestedAnswer) => void
  /** Some call of the shard's tasks is open, or none is any more. */
  readonly waits: (worker: WorkerId, shard: ShardId, waits: boolean) => void
}

interface Caller {
  /** The carrier's number for each open call, by the worker's number. */
  readonly calls: Map<number, { number: number; readonly shard: ShardId }>
  /** Open calls of each shard. */
  readonly shards: Map<ShardId, number>
}

/** The calls that tasks make of their own pool: they are batches like all others, with the shard as their parent. */
export class NestedCalls {
  readonly #carrier: BatchCarrier
  readonly #host: NestedCallsHost
  readonly #callers = new Map<WorkerId, Caller>()

  constructor(carrier: BatchCarrier, host: NestedCallsHost) {
    this.#carrier = carrier
    this.#host = host
  }

  take(worker: WorkerId, shard: ShardId, call: NestedCall): void {
    if (call.kind === 'submit') {
      this.#submit(worker, shard, call)
      return
    }
    const open = this.#callers.get(worker)?.calls.get(call.batch)
    if (open === undefined) return
    switch (call.kind) {
      case 'items':
        return this.#carrier.items(open.number, call.items, call.end)
      case 'end':
        return this.#carrier.end(open.number)
      case 'consumed':
        return this.#carrier.consumed(open.number, call.bytes)
      case 'cancel':
        this.#carrier.cancel(open.number)
        return this.#closed(worker, call.batch)
    }
  }

  /** The worker is gone, and with it everybody who waits for its calls. */
  lost(worker: WorkerId): void {
    const caller = this.#callers.get(worker)
    this.#callers.delete(worker)
    for (const { number } of caller?.calls.values() ?? []) this.#carrier.cancel(number)
  }

  #submit(worker: WorkerId, shard: ShardId, { batch, submission }: Extract<NestedCall, { readonly kind: 'submit' }>): void {
    const parent = this.#host.parentOf(worker, shard)
    const priority = submission.priority ?? parent?.priority
    const caller = this.#callerOf(worker)
    const call = { number: 0, shard }
    caller.calls.set(batch, call)
    const open = (caller.shards.get(shard) ?? 0) + 1
    caller.shards.set(shard, open)
    if (open === 1) this.#host.waits(worker, shard, true)
    const owner = new NestedOwner(batch, {
      answer: (answer) => this.#host.answer(worker, answer),
      closed: () => this.#closed(worker, batch),
    })
    call.number = this.#carrier.submit(owner, {
      ...submission,
      ...(priority !== undefined && { priority }),
      ...(parent?.stores !== undefined && { stores: parent.stores }),
      ...(parent !== undefined && { follows: true, parent: { worker, shard } }),
    })
  }

  #callerOf(worker: WorkerId): Caller {
    const known = this.#callers.get(worker)
    if (known !== undefined) return known
    const caller = { calls: new Map(), shards: new Map() }
    this.#callers.set(worker, caller)
    return caller
  }

  #closed(worker: WorkerId, batch: number): void {
    const caller = this.#callers.get(worker)
    const call = caller?.calls.get(batch)
    if (caller === undefined || call === undefined) return
    caller.calls.delete(batch)
    const open = (caller.shards.get(call.shard) ?? 1) - 1
    if (open > 0) {
      caller.shards.set(call.shard, open)
      return
    }
    caller.shards.delete(call.shard)
    this.#host.waits(worker, call.shard, false)
  }
}

interface NestedOwnerHost {
  readonly answer: (answer: NestedAnswer) => void
  /** Nothing more will come of it. */
  readonly closed: () => void
}

/** Passes on what a batch brings to the worker whose task opened it. */
class NestedOwner implements BatchOwner {
  readonly #batch: number
  readonly #host: NestedOwnerHost

  constructor(batch: number, host: NestedOwnerHost) {
    this.#batch = batch
    this.#host = host
  }

  accepted(): void {
    // A task is told of results only.
  }

  room(bytes: number): void {
    this.#host.answer({ kind: 'room', batch: this.#batch, bytes })
  }

  results(results: ResultsMessage): void {
    this.#host.answer({ kind: 'results', batch: this.#batch, results })
  }

  ended(summary: BatchSummary): void {
    this.#host.answer({ kind: 'ended', batch: this.#batch, summary })
    this.#host.closed()
  }

  failed(error: ForkpoolError): void {
    this.#host.answer({ kind: 'failed', batch: this.#batch, error: toWireError(error) })
    this.#host.closed()
  }
}

/** Buffers that go along with an answer; undefined where none do, shared or moved. */
export function movedIn(answer: NestedAnswer): readonly ArrayBuffer[] | undefined {
  const attachments = answer.kind === 'results' ? answer.results.values.attachments : undefined
  return attachments === undefined ? undefined : movedOf(attachments)
}
