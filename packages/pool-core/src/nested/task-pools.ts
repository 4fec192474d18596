import type { Clock } from '../base/index.ts'
import { CancelledError, ForkpoolError } from '../base/index.ts'
import { BatchCalls, toForkpoolError } from '../batch/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission, CarrierLimits } from '../batch/index.ts'
import type { NestedAnswer, NestedCall, NoteChannel, PoolNote, WorkerNote } from '../link/note-channel.ts'
import { FRAME_BYTES_MAX, INPUT_WINDOW_BYTES, movedOf } from '../protocol/index.ts'
import type { ItemBlock } from '../protocol/index.ts'
import type { ShardContext } from '../task/index.ts'

interface OpenCall {
  readonly owner: BatchOwner
  readonly context: ShardContext
}

/**
 * The pool as its own tasks see it: calls that they make travel to the pool beside the reports, and their results come back. While such a call is
 * open, its task waits, so that the worker begins something else. Worker side; `pool/nested-calls.ts` is the other end.
 */
export class TaskPools {
  readonly #channel: NoteChannel<WorkerNote, PoolNote>
  readonly #clock: Clock
  readonly #open = new Map<number, OpenCall>()
  readonly #pools = new WeakMap<ShardContext, BatchCalls>()
  #calls = 0

  constructor(channel: NoteChannel<WorkerNote, PoolNote>, clock: Clock) {
    this.#channel = channel
    this.#clock = clock
  }

  /** Whether buffers of threads can stand beside arguments. */
  get attaches(): boolean {
    return this.#channel.attaches
  }

  /** The calls that tasks in this context, of this shard, may make. */
  readonly of = (context: ShardContext, shard: number): BatchCalls => {
    const known = this.#pools.get(context)
    if (known !== undefined) return known
    const pool = new BatchCalls({ carrier: new TaskPool(this, context, shard), clock: this.#clock, defaults: {} })
    this.#pools.set(context, pool)
    context.onAbort(() => this.#cancelOf(context, shard))
    return pool
  }

  /** What a call brings; for one that nobody waits for any more, nothing. */
  readonly take = (answer: NestedAnswer): void => {
    const call = this.#open.get(answer.batch)
    if (call === undefined) return
    switch (answer.kind) {
      case 'room':
        return call.owner.room(answer.bytes)
      case 'results':
        return call.owner.results(answer.results)
      case 'ended':
        this.close(answer.batch)
        return call.owner.ended(answer.summary)
      case 'failed':
        this.close(answer.batch)
        return call.owner.failed(toForkpoolError(answer.error))
    }
  }

  open(owner: BatchOwner, context: ShardContext): number {
    const batch = ++this.#calls
    this.#open.set(batch, { owner, context })
    context.wait()
    return batch
  }

  isOpen(batch: number): boolean {
    return this.#open.has(batch)
  }

  close(batch: number): void {
    const call = this.#open.get(batch)
    if (call === undefined) return
    this.#open.delete(batch)
    call.context.goOn()
  }

  send(shard: number, call: NestedCall): void {
    const attachments = attachmentsOf(call)
    if (attachments === undefined) this.#channel.send({ kind: 'call', shard, call })
    else this.#channel.sendAttached({ kind: 'call', shard, call }, movedOf(attachments))
  }

  /** Its tasks are not wanted any more, so neither is what they wait for. */
  #cancelOf(context: ShardContext, shard: number): void {
    for (const [batch, call] of this.#open) {
      if (call.context !== context) continue
      this.close(batch)
      this.send(shard, { kind: 'cancel', batch })
      call.owner.failed(new CancelledError('the task that made this call is no longer wanted'))
    }
  }
}

/** What carries the calls of one context to the pool. */
class TaskPool implements BatchCarrier {
  readonly limits: CarrierLimits = { frameBytes: FRAME_BYTES_MAX, inputWindowBytes: INPUT_WINDOW_BYTES }
  readonly isRemote = false
  readonly gathersCalls = false
  readonly attaches: boolean
  readonly #pools: TaskPools
  readonly #context: ShardContext
  readonly #shard: number

  constructor(pools: TaskPools, context: ShardContext, shard: number) {
    this.#pools = pools
    this.#context = context
    this.#shard = shard
    this.attaches = pools.attaches
  }

  submit(owner: BatchOwner, submission: BatchSubmission): number {
    const batch = this.#pools.open(owner, this.#context)
    try {
      if (this.#context.aborted) throw new CancelledError('the task that makes this call is no longer wanted')
      this.#pools.send(this.#shard, { kind: 'submit', batch, submission })
    } catch (thrown) {
      this.#pools.close(batch)
      owner.failed(thrown instanceof ForkpoolError ? thrown : notSendable(thrown))
    }
    return batch
  }

  items(batch: number, items: ItemBlock, end: boolean): void {
    this.#send({ kind: 'items', batch, items, end })
  }

  end(batch: number): void {
    this.#send({ kind: 'end', batch })
  }

  cancel(batch: number): void {
    this.#send({ kind: 'cancel', batch })
    this.#pools.close(batch)
  }

  consumed(batch: number, bytes: number): void {
    this.#send({ kind: 'consumed', batch, bytes })
  }

  #send(call: NestedCall): void {
    if (this.#pools.isOpen(call.batch)) this.#pools.send(this.#shard, call)
  }
}

function attachmentsOf(call: NestedCall): readonly unknown[] | undefined {
  if (call.kind === 'submit') return call.submission.items?.attachments
  return call.kind === 'items' ? call.items.attachments : undefined
}

function notSendable(thrown: unknown): ForkpoolError {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return new ForkpoolError('NOT_SERIALISABLE', `an option of this call cannot be sent from a task to its pool: ${why}`, { cause: thrown })
}
