import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after, ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, AttachQuery, BatchHandle, BatchRequest, BatchSink, TakenOver } from '../batch-request.ts'
import type { Engine, OpenBatch } from '../engine/engine.ts'
import { AttachedReader } from './attached-reader.ts'
import { DeferredHandle } from './deferred-handle.ts'
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
    const attach = (id: BatchId): Promise<void> => this.#attachAgain(id, request.owner, items, ended, sink, deferred)
    const take = async (): Promise<void> => {
      const known = await engine.find(idempotencyKey)
      if (known !== undefined) return attach(known)
      // Another may come first with the same key, between here and the record.
      const orAttach = new Proxied(sink, (error) => {
        if (!(error instanceof ForkpoolError && error.code === 'ALREADY_EXISTS')) return false
        void engine.find(idempotencyKey).then(
          (id) => (id === undefined ? sink.failed(error) : attach(id)),
          (fault: unknown) => sink.failed(fault),
        )
        return true
      })
      deferred.become(batches.submit(request, items, ended, orAttach))
      return undefined
    }
    take().catch((error: unknown) => {
      deferred.drop()
      sink.failed(error)
    })
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

  /** The reader of an open batch is gone without a word. A detached one goes on without it; the others wait a while for it to come back. */
  left(id: BatchId, isDetached: boolean): void {
    if (isDetached || this.#stopped || this.#orphans.has(id)) return
    const { clock, batches, orphanMs } = this.#parts
    const give = (): void => {
      this.#orphans.delete(id)
      batches.cancel(id)
    }
    this.#orphans.set(id, clock.schedule(after(clock.now(), orphanMs), give, { unref: true }))
  }

  /** Batches of an earlier life of the coordinator have no reader yet. */
  recovered(batches: Iterable<OpenBatch>): void {
    for (const { batch } of batches) this.left(batch.id, batch.detached ?? false)
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
    found(new ReaderHandle(undefined, reader, id), batch)
    void reader.start(ended.summary)
  }
}

function unknown(what: string): ForkpoolError {
  return new ForkpoolError('BATCH_UNKNOWN', `no batch ${what} is known here`)
}

/** What a reader may do with a batch that it came to later; one that is over can only be read. */
class ReaderHandle implements BatchHandle {
  readonly id: BatchId
  readonly #handle: BatchHandle | undefined
  readonly #reader: AttachedReader

  constructor(handle: BatchHandle | undefined, reader: AttachedReader, id = handle?.id ?? ('' as BatchId)) {
    this.#handle = handle
    this.#reader = reader
    this.id = id
  }

  add(items: ItemBlock, ended: boolean): void {
    this.#handle?.add(items, ended)
  }

  end(): void {
    this.#handle?.end()
  }

  cancel(): void {
    this.#handle?.cancel()
    if (this.#handle === undefined) this.#reader.stop()
  }

  pause(paused: boolean): void {
    this.#reader.pause(paused)
    this.#handle?.pause(paused)
  }

  leave(): void {
    this.#reader.stop()
    this.#handle?.leave()
  }
}

/** A sink whose `failed` may be taken by somebody else. */
class Proxied implements BatchSink {
  readonly #sink: BatchSink
  readonly #takes: (error: unknown) => boolean

  constructor(sink: BatchSink, takes: (error: unknown) => boolean) {
    this.#sink = sink
    this.#takes = takes
  }

  accepted(...given: Parameters<BatchSink['accepted']>): void {
    this.#sink.accepted(...given)
  }

  attached(batch: AttachedBatch): void {
    this.#sink.attached(batch)
  }

  results(...given: Parameters<BatchSink['results']>): void {
    this.#sink.results(...given)
  }

  credit(bytes: number): void {
    this.#sink.credit(bytes)
  }

  done(...given: Parameters<BatchSink['done']>): void {
    this.#sink.done(...given)
  }

  failed(error: unknown): void {
    if (!this.#takes(error)) this.#sink.failed(error)
  }
}
