import type { ItemBlock } from './item-block.ts'
import type { WireError } from './wire-error.ts'

/** First message of a connection. A token may come here, or in the `Authorization` header of the upgrade (RFC 6750). */
export interface HelloMessage {
  readonly kind: 'hello'
  /** Protocol versions that the client speaks; the coordinator answers with the highest that both speak. */
  readonly versions: readonly number[]
  /** Name and version of the client program, for people. */
  readonly client?: string | undefined
  /** A name that this client gives itself and all its connections, and no other client has. */
  readonly instance?: string | undefined
  /** Its connections so far: what a later one has taken up, an earlier one cannot take back, however late its messages come. */
  readonly connection?: number | undefined
  readonly token?: string | undefined
}

/**
 * Opens a batch. Items may come along, and more may follow in `items`; `end` closes the input. A single call is one message:
 * one item and `end: true`.
 */
export interface SubmitMessage {
  readonly kind: 'submit'
  /** The client's own number for the batch: a positive safe integer, higher than every one before it in the session. */
  readonly batch: number
  /** Name of the task function, as listed by `GET /api/v1/tasks`. */
  readonly task: string
  /** Name of the pool; `size-N` when only a size is given, `default` when neither is. */
  readonly pool?: string | undefined
  /** At most so many workers compute for the pool at once. Default: the coordinator's cores. */
  readonly poolSize?: number | undefined
  /** Each item is a list of arguments (`starmap`) and not the one argument (`map`). */
  readonly spread?: boolean | undefined
  /** Number of items of the whole batch, where the client knows it: shards are sized by it. */
  readonly total?: number | undefined
  /** −10 to 10; higher runs sooner. Default 0. */
  readonly priority?: number | undefined
  /** Items in a shard; replaces the measured sizing. */
  readonly chunkSize?: number | undefined
  /** How often a failed task runs again, 0 to 100. Default 0. */
  readonly retries?: number | undefined
  /** Wait before the first further run of a failed task, doubled each time; milliseconds. Default 0. */
  readonly backoffMs?: number | undefined
  /** The part of each such wait that chance may take off, 0 to 1. Default 0. */
  readonly jitter?: number | undefined
  /** Class names or codes of the errors that are worth another run. Default: all. */
  readonly retryOn?: readonly string[] | undefined
  /** Longest run of one task, milliseconds, from the start of its run. */
  readonly timeoutMs?: number | undefined
  /** The whole batch is to be over by then, milliseconds from its acceptance. */
  readonly deadlineMs?: number | undefined
  /** The first failed task cancels the rest. */
  readonly failFast?: boolean | undefined
  /** Bytes of results that the coordinator may send before it waits for `credit`. Default: `welcome.limits.resultWindowBytes`. */
  readonly resultWindowBytes?: number | undefined
  /** The client has no use for `accepted`: it is not sent. Default false. */
  readonly terse?: boolean | undefined
  /**
   * A name that the client gives the batch. Submitted again, whenever and from wherever, it is the same batch: it does not run twice, and
   * the answer is `attached`.
   */
  readonly key?: string | undefined
  /** The batch runs to its end whatever becomes of the connection; its results are there to be fetched later. Default false. */
  readonly detached?: boolean | undefined
  readonly items?: ItemBlock | undefined
  readonly end?: boolean | undefined
}

/**
 * Takes up a batch that was submitted before: after a lost connection or a restart of either side. The answer is `attached` and then what is
 * missing of its results; or `refused`.
 */
export interface AttachMessage {
  readonly kind: 'attach'
  /** The client's number for it. With `session` the one under which it was submitted; else a new one, higher than every one before it. */
  readonly batch: number
  /** The session that submitted it. Either this or `id`. */
  readonly session?: string | undefined
  /** The batch's identifier, from `accepted`. */
  readonly id?: string | undefined
  /** Results that the client has: pairs of the index of the first and the index after the last, ascending. Default: none. */
  readonly have?: readonly number[] | undefined
  readonly resultWindowBytes?: number | undefined
}

/** Further items of an open batch. The client keeps within the bytes granted by `welcome` and `credit`. */
export interface ItemsMessage {
  readonly kind: 'items'
  readonly batch: number
  /** Index of the first of them in the batch: items that do not follow what came before are refused. Default: they do. */
  readonly from?: number | undefined
  readonly items: ItemBlock
  readonly end?: boolean | undefined
}

/** No further items. */
export interface EndMessage {
  readonly kind: 'end'
  readonly batch: number
}

/** Drops queued tasks at once and stops running ones. The batch still ends with `done`. */
export interface CancelMessage {
  readonly kind: 'cancel'
  readonly batch: number
}

/** Reads no further, and leaves the batch to itself, as a broken connection would: nothing more is told of it. */
export interface LeaveMessage {
  readonly kind: 'leave'
  readonly batch: number
}

/** Allows `bytes` more: of results when a client sends it, of items when the coordinator does. */
export interface CreditMessage {
  readonly kind: 'credit'
  readonly batch: number
  readonly bytes: number
}

export type ClientMessage =
  | HelloMessage
  | SubmitMessage
  | AttachMessage
  | ItemsMessage
  | EndMessage
  | CancelMessage
  | LeaveMessage
  | CreditMessage

/** Answer to `hello`. */
export interface WelcomeMessage {
  readonly kind: 'welcome'
  readonly version: number
  /** The session's identifier, for logs. */
  readonly session: string
  /** Name and version of the coordinator program. */
  readonly server: string
  readonly cores: number
  readonly limits: {
    /** Largest frame accepted, bytes. */
    readonly frameBytes: number
    /** Item bytes that may be on the way for one batch before the first `credit`. */
    readonly inputWindowBytes: number
    /** Result bytes sent for one batch before the first `credit` is needed. */
    readonly resultWindowBytes: number
    /** Largest pool. */
    readonly poolSizeMax: number
    /** Batches open at once in one session. */
    readonly batchesOpenMax: number
  }
}

/**
 * The batch is recorded. The items of one that is `detached`, or has a `key`, are too; those of another when `credit` says so: until then its client has them,
 * in case the coordinator is killed.
 */
export interface AcceptedMessage {
  readonly kind: 'accepted'
  readonly batch: number
  /** The batch's identifier everywhere else: HTTP, logs, the command line. */
  readonly id: string
  readonly pool: string
  readonly poolSize: number
}

/** The batch was known: it belongs to this connection now, and what the client lacks of its results follows. */
export interface AttachedMessage {
  readonly kind: 'attached'
  readonly batch: number
  readonly id: string
  readonly task: string
  readonly pool: string
  readonly poolSize: number
  /** Items of the batch that are recorded: the next to send is the one with this index. */
  readonly received: number
  /** Item bytes that may be sent before the first `credit`: the window without what is recorded and not dealt with. */
  readonly roomBytes: number
  /** No further items are expected. */
  readonly inputEnded: boolean
}

/** One task that failed for good. */
export interface TaskFailure {
  /** Position within the result message: the task's index is `from + at`. */
  readonly at: number
  readonly error: WireError
  readonly attempts: number
}

/**
 * Results of the tasks `from` to `from + count - 1`, in order. `values` holds the results of those that succeeded, so
 * `values.count + failures.length = count`. Messages of one batch come in any order of `from`, and never overlap.
 */
export interface ResultsMessage {
  readonly kind: 'results'
  readonly batch: number
  readonly from: number
  readonly count: number
  readonly values: ItemBlock
  readonly failures?: readonly TaskFailure[] | undefined
  /** Present on the last message of a batch: spares a message where a batch is one task. */
  readonly done?: BatchSummary | undefined
}

export type BatchOutcome = 'completed' | 'failed' | 'cancelled'

/** How a batch ended. `completed + failed + cancelled` is the number of its tasks. */
export interface BatchSummary {
  /** `cancelled` if it was cancelled, `failed` if any task failed, else `completed`. */
  readonly outcome: BatchOutcome
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  /** From acceptance to the last result, milliseconds. */
  readonly wallMs: number
  /** Sum of the time that workers ran its tasks, milliseconds. */
  readonly runMs: number
  /** Different workers that ran at least one of its tasks. */
  readonly workers: number
}

/** The batch is over; nothing more comes for it. */
export interface DoneMessage extends BatchSummary {
  readonly kind: 'done'
  readonly batch: number
}

/** A batch (or, without `batch`, the last message) was refused. Nothing of a refused batch has run or will run. */
export interface RefusedMessage {
  readonly kind: 'refused'
  readonly batch?: number | undefined
  readonly error: WireError
}

/** The coordinator drains: open batches go on, new ones are refused. */
export interface GoodbyeMessage {
  readonly kind: 'goodbye'
  readonly reason: string
}

export type ServerMessage =
  | WelcomeMessage
  | AcceptedMessage
  | AttachedMessage
  | ResultsMessage
  | DoneMessage
  | CreditMessage
  | RefusedMessage
  | GoodbyeMessage
