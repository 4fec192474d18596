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
  /** `json`: results are wanted as JSON texts. */
  readonly reply: 'auto' | 'json'
}

/** Where the answers to one batch go. Calls come in this order: accepted, then results and credit in any, the last with a summary, or done. */
export interface BatchSink {
  accepted(id: BatchId, pool: string, poolSize: number): void
  /** Newly recorded results; `summary` comes with the last of a batch. */
  results(range: RecordedRange, summary: BatchSummary | undefined): void
  /** So many item bytes have been dealt with: the sender may send as many again. */
  credit(bytes: number): void
  /** The batch is over and its last message carried no results. */
  done(summary: BatchSummary): void
  /** The engine could not take the batch or a part of it; nothing more comes. */
  failed(error: unknown): void
}

/** What a session may do with its batch. After the batch is over every call does nothing. */
export interface BatchHandle {
  readonly id: BatchId
  add(items: ItemBlock, ended: boolean): void
  end(): void
  cancel(): void
  /** True: the reader is behind; no further shard starts until false. */
  pause(paused: boolean): void
}
