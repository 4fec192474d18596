import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after, ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, AttachQuery, BatchHandle, BatchRequest, BatchSink, TakenOver } from '../batch-request.ts'
import type { Engine, OpenBatch } from '../engine/engine.ts'
import { AttachedReader } from './attached-reader.ts'
import { DeferredHandle } from './deferred-handle.ts'
import { FirstWithKey } from './first-with-key.ts'
import { EndedHandle, ReaderHandle } from './reader-handle.ts'
import { SkippingHandle } from './skipping-handle.ts'

/** The part of the dispatcher that this service needs. */
export interface OpenBatches {
  submit(request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink): BatchHandle
  /** Sends the answers of an open batch to `sink` from now on; undefined: there is no such open batch. */
  takeOver(id: BatchId, sink: BatchSink): TakenOver | undefined
  cancel(id: BatchId): boolean
}

export interface AttachmentsParts {
  readonly clock: Clock
  readonly engine: Engine
  readonly batches: OpenBatches
  /** A batch whose reader went without a word is cancelled when nobody has come back for so long, milliseconds. */
  readonly orphanMs: number
}

/**
 * Batches and the clients that come and go: a submission with a key that is known, a client that was away and asks for its batch again, and one
 * that does not come back. The results that such a client missed are read from the engine.
 */
export class Attachments {
  readonly #parts: AttachmentsParts
  /** Open batches that nobody reads, and when they are given up. */
  readonly #orphans = new Map<BatchId, Cancel>()
  #stopped = false

  constructor(parts: AttachmentsParts) {
    this.#parts = parts
  }

  /** Takes a batch; one whose key is known is not run again, its client is attached to it. Errors as those of the dispatcher. */
  submit(request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink): BatchHandle {
    const { batches, engine } = this.#parts
    const { idempotencyKey, hasKey } = request
    if (hasKey !== true || idempotencyKey === undefined) return batches.submit(request, items, ended, sink)
    const deferred = new DeferredHandle()
    const refuse = (error: unknown): void => {
      deferred.drop()
      sink.failed(error)
    }
    /** Attaches the client to the batch that has the key; false: none has it. */
    const attach = async (): Promise<boolean> => {
      const known = await engine.find(idempotencyKey)
      if (known !== undefined) await this.#attachAgain(known, request.owner, items, ended, sink, deferred)
      return known !== undefined
    }
    const take = async (): Promise<void> => {
      if (await attach()) return
      const first = new FirstWithKey(sink, {
        // Until then another may come first with the same key, and what is asked meanwhile is asked of that one's batch.
        accepted: () => deferred.become(handle),
        exists: (error) => void attach().then((isAttached) => (isAttached ? undefined : refuse(error)), refuse),
        failed: refuse,
      })
      const handle = batches.submit(request, items, ended, first)
    }
    take().catch(refuse)
    return deferred
  }

  /** Looks for a batch and attaches its client; `sink` hears `attached` and what it lacks, or why not. */
  attach(query: AttachQuery, sink: BatchSink): BatchHandle {
    const deferred = new DeferredHandle()
    const have = new IntervalSet()
    for (let i = 0; i + 1 < query.have.length; i += 2) have.addIfAbsent(query.have[i] as number, query.have[i + 1] as number)
    const find = async (): Promise<void> => {
      const id = query.id ?? (await this.#parts.engine.find(query.key ?? ''))
      if (id === undefined) throw unknown('of this session and number')
      await this.#attach(id, query.owner, have, sink, (handle) => deferred.become(handle))
    }
    find().catch((error: unknown) => {
      deferred.drop()
      sink.failed(error)
    })
    return deferred
  }

  /** The reader of an open batch is gone. Unless the batch `goesOn` without anybody, it waits a while for its reader to come back. */
  left(id: BatchId, goesOn: boolean): void {
    if (goesOn || this.#stopped || this.#orphans.has(id)) return
    const { clock, batches, orphanMs } = this.#parts
    const give = (): void => {
      this.#orphans.delete(id)
      batches.cancel(id)
    }
    this.#orphans.set(id, clock.schedule(after(clock.now(), orphanMs), give, { unref: true }))
  }

  /** Batches of an earlier life of the coordinator have no reader yet. */
  recovered(batches: Iterable<OpenBatch>): void {
    for (const { batch, inputEnded } of batches) this.left(batch.id, inputEnded && batch.detached === true)
  }

  /** From now on nothing is given up. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#orphans.values()) cancel()
    this.#orphans.clear()
  }

  /** Attaches a client that sends all its input again. */
  async #attachAgain(
    id: BatchId,
    owner: string | undefined,
    items: ItemBlock | undefined,
    ended: boolean,
    sink: BatchSink,
    deferred: DeferredHandle,
  ): Promise<void> {
    await this.#attach(id, owner, new IntervalSet(), sink, (handle, batch) => {
      const skipping = new SkippingHandle(handle, batch, (bytes) => sink.credit(bytes))
      if (items !== undefined) skipping.add(items, ended)
      else if (ended) skipping.end()
      deferred.become(skipping)
    })
  }

  async #attach(
    id: BatchId,
    owner: string | undefined,
    have: IntervalSet,
    sink: BatchSink,
    found: (handle: BatchHandle, batch: AttachedBatch) => void,
  ): Promise<void> {
    const { engine, batches } = this.#parts
    const stored = await engine.batch(id)
    if (stored === undefined) throw unknown(id)
    // Of somebody else's batch not even its existence is told.
    if (owner !== undefined && stored.batch.owner !== owner) throw unknown(id)
    const reader = new AttachedReader(sink, (from) => engine.results(id, from), have)
    const open = batches.takeOver(id, reader)
    if (open !== undefined) {
      this.#orphans.get(id)?.()
      this.#orphans.delete(id)
      sink.attached(open.batch)
      found(new ReaderHandle(open.handle, reader), open.batch)
      void reader.start(undefined)
      return
    }
    const ended = stored.end ?? (await engine.batch(id))?.end
    if (ended === undefined) throw unknown(id)
    const { task, pool, poolSize } = stored.batch
    const batch: AttachedBatch = { id, task, pool, poolSize, received: stored.ledger.submitted, inputEnded: true, heldBytes: 0 }
    sink.attached(batch)
    found(new EndedHandle(id, reader, ended.summary), batch)
    void reader.start(ended.summary)
  }
}

function unknown(what: string): ForkpoolError {
  return new ForkpoolError('BATCH_UNKNOWN', `no batch ${what} is known here`)
}
