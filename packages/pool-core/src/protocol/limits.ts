/**
 * The numbers that both ends of a connection share. `welcome.limits` tells a client the ones that a coordinator may change;
 * the others are fixed by the protocol version.
 */

/** Largest frame that either side accepts, bytes. Sixteen blocks of the usual size; Temporal stops at 4 MiB, NATS at 1 MiB by default and 64 MiB at most. */
export const FRAME_BYTES_MAX: number = 8 * 1024 * 1024

/** Largest single item, encoded, bytes: a frame less room for the rest of its message. */
export const ITEM_BYTES_MAX: number = FRAME_BYTES_MAX - 64 * 1024

/** What a sender aims at for one block, bytes: 65,536 numbers. Larger gains nothing measurable, smaller pays per frame. */
export const BLOCK_BYTES: number = 512 * 1024

/** Most items in one block: a frame full of one-byte items with their offsets holds 1.6 million, rounded down to a power of two. */
export const BLOCK_ITEMS_MAX: number = 1_048_576

/** Longest name of a task or pool, UTF-16 code units. Prometheus labels and file names stay readable well below it. */
export const NAME_LENGTH_MAX: number = 200

/** Longest token, client or server name, identifier or reason, UTF-16 code units: half of the usual limit of one HTTP header line (8 KiB). */
export const TEXT_LENGTH_MAX: number = 4096

/** Nesting of arrays, objects and tags in one value: far above real data, far below the stack of a worker (about 10,000 calls). */
export const VALUE_DEPTH_MAX: number = 256

/** Item bytes on the way for one batch before the first `credit`: 32 blocks, several tenths of a second of the fastest sender measured. */
export const INPUT_WINDOW_BYTES: number = 16 * 1024 * 1024

/** Result bytes sent for one batch before a `credit` is needed. */
export const RESULT_WINDOW_BYTES: number = 16 * 1024 * 1024

/** What one failure counts in the result window, bytes: an error with a stack of ten frames is 0.5 to 2 KiB. */
export const FAILURE_WINDOW_BYTES: number = 1024

/** Highest priority of a batch; the lowest is its negative. */
export const PRIORITY_MAX: number = 10

/** Most further runs of a failed task. */
export const RETRIES_MAX: number = 100

/** Most names of errors that are worth another run. */
export const RETRY_NAMES_MAX: number = 32

/** Longest limit of a task's run, milliseconds: a day. More is a mistake in the unit. */
export const TIMEOUT_MS_MAX: number = 86_400_000

/** Most indexes that `attach` lists of the results that a client has: 2,048 ranges, as many as the shards of a batch that runs for minutes. */
export const HAVE_MAX: number = 4096

/** Longest deadline of a batch, milliseconds: thirty days. */
export const DEADLINE_MS_MAX: number = 2_592_000_000

/** Levels of `cause` that travel: deeper ones are cut. Node prints as many in practice. */
export const ERROR_CAUSES_MAX: number = 8

/** Members of an `AggregateError` that travel. */
export const ERROR_MEMBERS_MAX: number = 32

/** Longest message and longest stack of an error, UTF-16 code units; V8 keeps ten stack frames of about 100 each. */
export const ERROR_TEXT_MAX: number = 8192

/** Most bytes of an error's own properties, encoded. */
export const ERROR_PROPERTIES_BYTES_MAX: number = 16_384

/** Most that one error takes with its causes and members, bytes or characters, notes apart: a hundred of them fit into a frame. */
export const ERROR_BYTES_MAX: number = 65_536
