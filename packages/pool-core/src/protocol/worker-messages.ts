import type { ItemBlock } from './item-block.ts'
import type { WireError } from './wire-error.ts'

/** A task function as a worker found it in its modules. */
export interface TaskListing {
  /** The name that clients use: the export's name, with the module's prefix where two modules export the same. */
  readonly name: string
  /** The module's file name without its folders, or `built-in`. */
  readonly module: string
  /** Declared parameters, from the function's source: `n`, `message?` (has a default), `...rest`. */
  readonly parameters: readonly string[]
  /** First line of a `description` property on the function, if it has one. */
  readonly description?: string | undefined
}

/** Worker → coordinator: the task modules are loaded. */
export interface ReadyMessage {
  readonly kind: 'ready'
  readonly pid: number
  readonly tasks: readonly TaskListing[]
}

/** Worker → coordinator: a task module cannot be used; the worker exits after it. */
export interface BrokenMessage {
  readonly kind: 'broken'
  readonly error: WireError
}

/** Coordinator → worker: run these tasks, in order. A worker may hold several; it runs them one after the other. */
export interface RunMessage {
  readonly kind: 'run'
  /** Number of the shard, never used twice by one coordinator. */
  readonly shard: number
  readonly task: string
  /** Index of the first item in its batch. */
  readonly from: number
  readonly spread: boolean
  /** 1 for the first run. */
  readonly attempt: number
  /** Codec of the results: `auto` is `f64` when every result is a number, else `cbor`. */
  readonly reply: 'auto' | 'json'
  /** After so many milliseconds the worker answers with what is done and leaves the rest; absent: it runs all. */
  readonly yieldAfterMs?: number | undefined
  readonly items: ItemBlock
}

/** Coordinator → worker: leave this shard; answer with what is done of it. */
export interface AbortMessage {
  readonly kind: 'abort'
  readonly shard: number
}

/** Coordinator → worker: finish what runs, then exit. */
export interface StopMessage {
  readonly kind: 'stop'
}

/** A task of a shard that threw. `at` counts from the shard's first item. */
export interface ShardFailure {
  readonly at: number
  readonly error: WireError
  /** False where another run cannot help: an unknown task, a value that cannot be encoded. */
  readonly retryable: boolean
}

/** Worker → coordinator: the first `count` tasks of the shard have run; where `count` is less than the shard's, the rest has not. */
export interface RanMessage {
  readonly kind: 'ran'
  readonly shard: number
  readonly count: number
  /** Results of those that succeeded, in order. */
  readonly values: ItemBlock
  readonly failures?: readonly ShardFailure[] | undefined
  /** Time in the task function, decoding and encoding, milliseconds. */
  readonly runMs: number
  readonly decodeMs: number
  readonly encodeMs: number
}

export type WorkerMessage = ReadyMessage | BrokenMessage | RanMessage
export type CoordinatorMessage = RunMessage | AbortMessage | StopMessage
