import type { BatchSummary, ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId, SessionId } from '@forkpool/pool-core/scheduler'
import type { RecordedRange } from './engine/engine.ts'

/** A batch as a session asks for it: every field checked, every default filled in. */
export interface BatchRequest {
  readonly session: SessionId
  readonly task: string
  /** Undefined: named after its size. */
  readonly pool: string | undefined
  /** Undefined: the named pool's present size, or the default size for a new one. */
  readonly poolSize: number | undefined
  readonly spread: boolean
  readonly total: number | undefined
  readonly priority: number
  readonly chunkSize: number | undefined
  readonly retries: number
  readonly backoffMs: number
  readonly failFast: boolean
  /** Share of the session beside others. Default 1. */
  readonly weight?: number | undefined
  /** The part of each wait before a further run that chance may take off. Default 0. */
  readonly jitter?: number | undefined
  /** Class names or codes of the errors that are worth another run. Default: all. */
  readonly retryOn?: readonly string[] | undefined
  /** Longest run of one task. Default: no limit. */
  readonly timeoutMs?: number | undefined
  /** Longest time of the whole batch. Default: no limit. */
  readonly deadlineMs?: number | undefined
  /** `json`: results are wanted as JSON texts. */
  readonly reply: 'auto' | 'json'
  /** Whose batch it is: the name of the token; undefined where none is needed. */
  readonly owner?: string | undefined
  /** By this it is found again: the session and number of its submission, or the key that the client gave it. */
  readonly idempotencyKey?: string | undefined
  /** The key is the client's own: the batch must not run twice. */
  readonly hasKey?: boolean | undefined
  /** It runs to its end whatever becomes of its session. */
  readonly detached?: boolean | undefined
}

/** What a client asks for that was away: one of `id` and `key`. */
export interface AttachQuery {
  readonly id?: BatchId | undefined
  readonly key?: string | undefined
  /** Undefined: whoever asks may see every batch. */
  readonly owner: string | undefined
  /** Results that the client has: pairs of the index of the first and the index after the last, ascending. */
  readonly have: readonly number[]
}

/** What a client that was away is told of its batch. */
export interface AttachedBatch {
  readonly id: BatchId
  readonly task: string
  readonly pool: string
  readonly poolSize: number
  /** Items that came. */
  readonly received: number
  readonly inputEnded: boolean
  /** Bytes of items that came and are not dealt with: `credit` for them follows. */
  readonly heldBytes: number
}

/** A connection of a client, as it named itself. */
export interface Reader {
  readonly instance: string
  /** Later connections of the same client have higher numbers. */
  readonly connection: number
}

/** Where the answers to one batch go. Calls come in this order: accepted, then results and credit in any, the last with a summary, or done. */
export interface BatchSink {
  /** Which connection of which client reads; undefined where that is not known. */
  readonly reader?: Reader | undefined
  accepted(id: BatchId, pool: string, poolSize: number): void
  /** Instead of `accepted`: the batch was there before. */
  attached(batch: AttachedBatch): void
  /** Newly recorded results; `summary` comes with the last of a batch. */
  results(range: RecordedRange, summary: BatchSummary | undefined): void
  /** So many item bytes have been dealt with: the sender may send as many again. */
  credit(bytes: number): void
  /** The batch is over and its last message carried no results. */
  done(summary: BatchSummary): void
  /** The engine could not take the batch or a part of it; nothing more comes. */
  failed(error: unknown): void
}

/** An open batch, taken over from whoever read it before. */
export interface TakenOver {
  readonly handle: BatchHandle
  /**
   * Resolves when what came of its input is recorded, or refused: a client that is told that something came keeps it no longer. Rejects when the disk does
   * not take it now.
   */
  readonly recorded: Promise<void>
  /** What its new reader is to be told then. */
  readonly batch: () => AttachedBatch
}

/** What a session may do with its batch. After the batch is over every call does nothing. */
export interface BatchHandle {
  readonly id: BatchId
  add(items: ItemBlock, ended: boolean): void
  end(): void
  cancel(): void
  /** True: the reader is behind; no further shard starts until false. */
  pause(paused: boolean): void
  /** The reader is gone without a word, and may come back: nothing more is told, and the batch goes on for a while. */
  leave(): void
  /** The reader is gone and wants no more of it: the batch is cancelled, unless it goes on without anybody. */
  abandon(): void
}
