import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after, deferred, ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, AttachQuery, BatchHandle, BatchRequest, BatchSink, TakenOver } from '../batch-request.ts'
import type { Engine, OpenBatch, StoredBatch } from '../engine/engine.ts'
import { AttachedReader } from './attached-reader.ts'
import { DeferredHandle } from './deferred-handle.ts'
import { FirstWithKey } from './first-with-key.ts'
import { EndedHandle, ReaderHandle } from './reader-handle.ts'
import { SkippingHandle } from './skipping-handle.ts'
import { Turns } from './turns.ts'

/** The part of the dispatcher that this service needs. */
export interface OpenBatches {
  submit(request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink): BatchHandle
  /** Sends the answers of an open batch to `sink` from now on; undefined: there is no such open batch. */
  takeOver(id: BatchId, sink: BatchSink): TakenOver | undefined
  cancel(id: BatchId): boolean
}

/** A submission under a key of its client's. */
interface KeyedSubmission {
  readonly request: BatchRequest
  readonly key: string
  readonly items: ItemBlock | undefined
  readonly ended: boolean
  readonly sink: BatchSink
  readonly handle: DeferredHandle
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
  /** Submissions with one key go one after the other: the second finds what the first has recorded. */
  readonly #turns = new Turns()
  #stopped = false

  constructor(parts: AttachmentsParts) {
    this.#parts = parts
  }

  /** Takes a batch; one whose key is known is not run again, its client is attached to it. Errors as those of the dispatcher. */
  submit(request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink): BatchHandle {
    const { idempotencyKey, hasKey } = request
    if (hasKey !== true || idempotencyKey === undefined) return this.#parts.batches.submit(request, items, ended, sink)
    const submission: KeyedSubmission = { request, key: idempotencyKey, items, ended, sink, handle: new DeferredHandle() }
    void this.#turns.take(idempotencyKey, () => this.#submitOnce(submission))
    return submission.handle
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

  /** Attaches the client to the batch that has its key, or submits its own. Resolves when that is recorded, or refused; never rejects. */
  async #submitOnce(submission: KeyedSubmission): Promise<void> {
    const { request, items, ended, sink, handle } = submission
    const opened = deferred<void>()
    const refuse = (error: unknown): void => {
      opened.resolve()
      handle.drop()
      sink.failed(error)
    }
    try {
      if (await this.#attachByKey(submission)) return
      const first = new FirstWithKey(sink, {
        // Until then another coordinator's client may come first, and what is asked meanwhile is asked of that one's batch.
        accepted: () => {
          opened.resolve()
          handle.become(own)
        },
        exists: (error) => void this.#attachByKey(submission).then((isAttached) => (isAttached ? opened.resolve() : refuse(error)), refuse),
        failed: refuse,
      })
      const own = this.#parts.batches.submit(request, items, ended, first)
      await opened.promise
    } catch (error) {
      refuse(error)
    }
  }

  /** Attaches a client that sends all its input again to the batch that has its key. False: none has it. */
  async #attachByKey({ request, key, items, ended, sink, handle }: KeyedSubmission): Promise<boolean> {
    const { engine } = this.#parts
    const id = await engine.find(key)
    if (id === undefined) return false
    const stored = await engine.batch(id)
    if (stored !== undefined) checkSame(stored, request, ended ? (items?.count ?? 0) : request.total)
    await this.#attach(id, request.owner, new IntervalSet(), sink, (found, batch) => {
      const skipping = new SkippingHandle(found, batch, (bytes) => sink.credit(bytes))
      if (items !== undefined) skipping.add(items, ended)
      else if (ended) skipping.end()
      handle.become(skipping)
    })
    return true
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
    const reader = new AttachedReader(sink, (from, told) => engine.results(id, from, told), have)
    const open = batches.takeOver(id, reader)
    if (open !== undefined) {
      this.#orphans.get(id)?.()
      this.#orphans.delete(id)
      await open.recorded.catch((error: unknown) => {
        open.handle.leave()
        throw error
      })
      if (reader.isOver) return
      const batch = open.batch()
      reader.attached(batch)
      const handle = new ReaderHandle(open.handle, reader, !engine.durable)
      found(handle, batch)
      // A batch whose record cannot be read is one whose reader is gone.
      void reader.start(undefined).then((isRead) => (isRead ? handle.goOn() : open.handle.leave()))
      return
    }
    const ended = stored.end ?? (await engine.batch(id))?.end
    if (ended === undefined) throw unknown(id)
    const { task, pool, poolSize } = stored.batch
    const batch: AttachedBatch = { id, task, pool, poolSize, received: stored.ledger.submitted, inputEnded: true, heldBytes: 0 }
    sink.attached(batch)
    found(new EndedHandle(id, reader, ended.summary), batch)
    void reader.start(ended)
  }
}

/** A key that two different batches were given is a mistake, and results of the one must not be taken for those of the other. @throws ForkpoolError. */
function checkSame({ batch, ledger, inputEnded }: StoredBatch, request: BatchRequest, count: number | undefined): void {
  const isOther = (what: string): ForkpoolError =>
    new ForkpoolError('ALREADY_EXISTS', `the key was given to batch ${batch.id} before, which has ${what}`)
  if (batch.task !== request.task || batch.spread !== request.spread) throw isOther(`the task "${batch.task}"`)
  if (inputEnded && count !== undefined && count !== ledger.submitted) throw isOther(`${ledger.submitted} items, and not ${count}`)
}

function unknown(what: string): ForkpoolError {
  return new ForkpoolError('BATCH_UNKNOWN', `no batch ${what} is known here`)
}
