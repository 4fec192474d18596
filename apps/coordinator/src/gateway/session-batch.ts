import type { BatchSummary, ItemBlock, ResultsMessage, ServerMessage } from '@forkpool/pool-core/protocol'
import { blockBytes, resultBytes } from '@forkpool/pool-core/protocol'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, BatchHandle, BatchSink, Reader } from '../batch-request.ts'
import type { RecordedRange } from '../engine/engine.ts'
import type { HeldInput } from './held-input.ts'
import { refusal } from './refusal.ts'

/** Credit for input is sent when so large a part of the window is free again: a message for each block would be many. */
const CREDIT_SHARE = 4

/** What a batch tells its session. */
export interface SessionBatchEvents {
  /** Nothing more comes for it. */
  over(): void
  /** It was refused after it was accepted. */
  refused(error: unknown): void
}

export interface SessionBatchLimits {
  readonly inputWindowBytes: number
  readonly resultWindowBytes: number
  /** Shared by all sessions. */
  readonly held: HeldInput
  /** Whose session it is. */
  readonly reader: Reader | undefined
}

/**
 * One batch of one session: keeps both windows. Results beyond the reader's window wait here, and the batch is paused, so what
 * waits is bounded by what workers held at that moment.
 */
export class SessionBatch implements BatchSink {
  readonly #batch: number
  readonly #limits: SessionBatchLimits
  readonly #send: (message: ServerMessage) => void
  readonly #events: SessionBatchEvents
  #handle: BatchHandle | undefined
  /** Item bytes that came and are not dealt with; they count in `held` until the batch is over. */
  #inputBytes = 0
  #items = 0
  /** It was submitted here, not asked for again. */
  #isSubmitted = false
  /** Item bytes of an earlier connection whose credit is not this client's. */
  #foreignBytes = 0
  /** Item bytes dealt with that the client has not been told of. */
  #creditBytes = 0
  #ended = false
  /** Result bytes sent and not yet taken by the reader. */
  #resultBytes = 0
  #waiting: { readonly message: ServerMessage; readonly bytes: number }[] = []
  /** The client has no use for `accepted`. */
  readonly #terse: boolean
  #congested = false
  #paused = false
  /** Refused after it was accepted: nothing further is said of it. */
  #isOver = false

  constructor(
    batch: number,
    terse: boolean,
    limits: SessionBatchLimits,
    send: (message: ServerMessage) => void,
    events: SessionBatchEvents,
  ) {
    this.#batch = batch
    this.#terse = terse
    this.#limits = limits
    this.#send = send
    this.#events = events
  }

  get reader(): Reader | undefined {
    return this.#limits.reader
  }

  /** Its first items, before the dispatcher has it. @throws LimitError */
  begin(items: ItemBlock | undefined, ended: boolean): void {
    this.#isSubmitted = true
    if (items !== undefined) this.#take(items)
    this.#ended = ended
  }

  /** The dispatcher has taken the batch, with its first items. */
  open(handle: BatchHandle): void {
    this.#handle = handle
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#release()
    this.#handle?.abandon()
  }

  /** @throws ForkpoolError BAD_MESSAGE for items out of order, after the end or beyond the window. */
  add(items: ItemBlock, ended: boolean, from = this.#items): void {
    if (from !== this.#items)
      throw new ForkpoolError('BAD_MESSAGE', `batch ${this.#batch}: items from ${from} on came when those from ${this.#items} on were due`)
    if (this.#ended) throw new ForkpoolError('BAD_MESSAGE', `batch ${this.#batch}: items after the end of its input`)
    const bytes = blockBytes(items)
    // A block larger than the window may come when nothing else is on the way.
    if (this.#inputBytes > 0 && this.#inputBytes + bytes > this.#limits.inputWindowBytes)
      throw new ForkpoolError('BAD_MESSAGE', `batch ${this.#batch}: ${bytes} bytes of items exceed the input window; wait for credit`)
    try {
      this.#take(items)
    } catch (error) {
      return this.#refuse(error)
    }
    this.#ended = ended
    this.#handle?.add(items, ended)
  }

  #take(items: ItemBlock): void {
    this.#inputBytes += this.#limits.held.take(items, this.#items)
    this.#items += items.count
  }

  #release(): void {
    this.#limits.held.free(this.#inputBytes)
    this.#inputBytes = 0
    this.#ended = true
  }

  /** The batch was accepted and cannot go on: its client hears why, and what else comes of it is not told. */
  #refuse(error: unknown): void {
    this.failed(error)
    this.#isOver = true
    this.#handle?.cancel()
  }

  end(): void {
    if (this.#ended) throw new ForkpoolError('BAD_MESSAGE', `batch ${this.#batch}: its input has ended already`)
    this.#ended = true
    this.#handle?.end()
  }

  cancel(): void {
    this.#handle?.cancel()
  }

  /** The reader has taken `bytes` of results. */
  taken(bytes: number): void {
    this.#resultBytes = Math.max(0, this.#resultBytes - bytes)
    this.#flush()
  }

  /** The connection is behind (or has caught up): nothing more is written for this batch. */
  setCongested(congested: boolean): void {
    this.#congested = congested
    if (congested) this.#pause(true)
    else this.#flush()
  }

  accepted(id: BatchId, pool: string, poolSize: number): void {
    if (!this.#terse) this.#send({ kind: 'accepted', batch: this.#batch, id, pool, poolSize })
  }

  attached({ id, task, pool, poolSize, received, inputEnded, heldBytes }: AttachedBatch): void {
    const roomBytes = Math.max(0, this.#limits.inputWindowBytes - heldBytes)
    if (this.#isSubmitted) {
      // Its client sends all of the input again, and knows nothing of what somebody sent before.
      this.#foreignBytes = heldBytes
    } else {
      this.#inputBytes += this.#limits.held.carryOver(heldBytes)
      this.#items = received
      this.#ended = inputEnded
    }
    this.#send({ kind: 'attached', batch: this.#batch, id, task, pool, poolSize, received, roomBytes, inputEnded })
  }

  /** The connection broke: the batch goes on for a while without it. */
  leave(): void {
    this.#release()
    this.#isOver = true
    this.#handle?.leave()
  }

  results(range: RecordedRange, summary: BatchSummary | undefined): void {
    if (summary !== undefined) this.#release()
    const { from, count, values, failures } = range
    const message: ResultsMessage = {
      kind: 'results',
      batch: this.#batch,
      from,
      count,
      values,
      failures: failures.length === 0 ? undefined : failures,
      done: summary,
    }
    this.#write(message, resultBytes(message))
    if (summary !== undefined) this.#events.over()
  }

  credit(given: number): void {
    const foreign = Math.min(given, this.#foreignBytes)
    this.#foreignBytes -= foreign
    const bytes = given - foreign
    const freed = Math.min(bytes, this.#inputBytes)
    this.#inputBytes -= freed
    this.#limits.held.free(freed)
    if (this.#ended || this.#isOver) return
    this.#creditBytes += bytes
    if (this.#creditBytes * CREDIT_SHARE < this.#limits.inputWindowBytes && this.#inputBytes > 0) return
    this.#send({ kind: 'credit', batch: this.#batch, bytes: this.#creditBytes })
    this.#creditBytes = 0
  }

  done(summary: BatchSummary): void {
    this.#release()
    this.#write({ kind: 'done', batch: this.#batch, ...summary }, 0)
    this.#events.over()
  }

  failed(error: unknown): void {
    if (this.#isOver) return
    this.#release()
    // What waits for the reader's window would come behind the refusal, for which the client waits no more, and so never.
    this.#waiting = []
    this.#events.refused(error)
    this.#send({ kind: 'refused', batch: this.#batch, error: refusal(error) })
    this.#events.over()
  }

  /** Whether the batch is over and all of it was written. */
  get idle(): boolean {
    return this.#waiting.length === 0
  }

  #write(message: ServerMessage, bytes: number): void {
    if (this.#isOver) return
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      this.#waiting.push({ message, bytes })
      this.#pause(true)
      return
    }
    this.#deliver(message, bytes)
  }

  /**
   * Sends results. One that no frame can carry (a result of eight mebibytes, written as JSON) ends the batch with the reason: the client
   * could not be told of it in any other way, and everybody else's batches must not notice.
   */
  #deliver(message: ServerMessage, bytes: number): void {
    this.#resultBytes += bytes
    try {
      this.#send(message)
    } catch (error) {
      this.#refuse(error)
    }
  }

  #fits(bytes: number): boolean {
    if (this.#congested) return false
    return this.#resultBytes === 0 || this.#resultBytes + bytes <= this.#limits.resultWindowBytes
  }

  #flush(): void {
    let sent = 0
    for (const { message, bytes } of this.#waiting) {
      if (!this.#fits(bytes)) break
      this.#deliver(message, bytes)
      sent++
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent)
    if (this.#waiting.length === 0 && !this.#congested) this.#pause(false)
  }

  #pause(paused: boolean): void {
    if (this.#paused === paused) return
    this.#paused = paused
    this.#handle?.pause(paused)
  }
}
