import { ForkpoolError } from '../base/errors.ts'

/** What the host decides. Everything but the number of workers has a default. */
export interface SchedulerOptions {
  /** Workers that are kept alive even when there is nothing to do; 0 or more. */
  readonly baseWorkers: number
  /** Workers at most, those that start or end included; 1 or more, and at least `baseWorkers`. */
  readonly maxWorkers: number
  /** A worker above `baseWorkers` that was idle for so long is stopped. Default 30,000. */
  readonly idleRetireMs?: number | undefined
  /** Tasks that a worker runs at once, across its shards, where they return promises. Default 1. */
  readonly concurrency?: number | undefined
  /** Run time that a shard aims at. Default 50: a worker spends a thousandth of it on the way, and a straggler costs no more. */
  readonly shardTargetMs?: number | undefined
  /** Towards the end of a batch shards do not get shorter than this. Default 2: about twenty times what a shard costs on the way. */
  readonly shardMinimumMs?: number | undefined
  /** Bytes of items in a shard, by the average of its block. Default 1 MiB. */
  readonly shardBytesMax?: number | undefined
  /** A worker leaves a shard without a fixed length after so long. Default 100. */
  readonly yieldAfterMs?: number | undefined
  /** Shards that a worker holds beyond the one that it runs. Default 1. */
  readonly prefetch?: number | undefined
  /** Shards beyond the running one where all together are shorter than `prefetchTinyMs`. Default 32; no effect where `prefetch` is larger, or 0. */
  readonly prefetchTinyMax?: number | undefined
  /** Default 1: a few times the way to a worker and back. */
  readonly prefetchTinyMs?: number | undefined
  /** A task fails when its worker was lost so often while it held that task alone. Default 3. */
  readonly crashLimit?: number | undefined
  /**
   * Wait before a task whose worker was lost runs again alone, doubled each time. Default 100: workers that were killed together are all known
   * as lost by then, so that one task is not handed from one dead worker to the next and blamed for each.
   */
  readonly crashBackoffMs?: number | undefined
  /** A worker that does not answer to `abort-shard` for so long is killed. Default 1,000. */
  readonly cancelGraceMs?: number | undefined
  /** Waiting so long is worth one step of priority. Default 1,000. */
  readonly ageingMs?: number | undefined
  /** Wait after the first of consecutive failed starts of workers, doubled each time. Default 100. */
  readonly restartBackoffMs?: number | undefined
  /** Longest wait after failed starts. Default 10,000. */
  readonly restartBackoffMaxMs?: number | undefined
  /** So many failed starts in a row fail every open batch, where no worker is left. Default 3. */
  readonly failedStartsMax?: number | undefined
  /** Longest wait before a task runs again, however often `backoffMs` or `crashBackoffMs` was doubled. Default 3,600,000. */
  readonly retryBackoffMaxMs?: number | undefined
}

type Resolved<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> }

export type ResolvedSchedulerOptions = Resolved<SchedulerOptions>

const DEFAULTS = {
  idleRetireMs: 30_000,
  concurrency: 1,
  shardTargetMs: 50,
  shardMinimumMs: 2,
  shardBytesMax: 1024 * 1024,
  yieldAfterMs: 100,
  prefetch: 1,
  prefetchTinyMax: 32,
  prefetchTinyMs: 1,
  crashLimit: 3,
  crashBackoffMs: 100,
  cancelGraceMs: 1_000,
  ageingMs: 1_000,
  restartBackoffMs: 100,
  restartBackoffMaxMs: 10_000,
  failedStartsMax: 3,
  retryBackoffMaxMs: 3_600_000,
} as const

const WHOLE = [
  'baseWorkers',
  'maxWorkers',
  'concurrency',
  'prefetch',
  'prefetchTinyMax',
  'crashLimit',
  'shardBytesMax',
  'failedStartsMax',
] as const
const LEAST: Readonly<Record<keyof SchedulerOptions, number>> = {
  baseWorkers: 0,
  maxWorkers: 1,
  idleRetireMs: 0,
  concurrency: 1,
  shardTargetMs: 0,
  shardMinimumMs: 0,
  shardBytesMax: 1,
  yieldAfterMs: 1,
  prefetch: 0,
  prefetchTinyMax: 0,
  prefetchTinyMs: 0,
  crashLimit: 1,
  crashBackoffMs: 0,
  cancelGraceMs: 0,
  ageingMs: 1,
  restartBackoffMs: 1,
  restartBackoffMaxMs: 1,
  failedStartsMax: 1,
  retryBackoffMaxMs: 0,
}

/** Fills in the defaults and checks every value. @throws ForkpoolError BAD_ARGUMENT that names the option. */
export function resolveSchedulerOptions(options: SchedulerOptions): ResolvedSchedulerOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const resolved = { ...DEFAULTS, ...given } as ResolvedSchedulerOptions
  for (const name of Object.keys(LEAST) as (keyof SchedulerOptions)[]) {
    const value: unknown = resolved[name]
    const least = LEAST[name]
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
      throw new ForkpoolError('BAD_ARGUMENT', `scheduler option ${name} must be a number of at least ${least}, not ${String(value)}`)
    }
  }
  for (const name of WHOLE) {
    if (!Number.isInteger(resolved[name])) {
      throw new ForkpoolError('BAD_ARGUMENT', `scheduler option ${name} must be a whole number, not ${resolved[name]}`)
    }
  }
  if (resolved.maxWorkers < resolved.baseWorkers) {
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `scheduler option maxWorkers (${resolved.maxWorkers}) must be at least baseWorkers (${resolved.baseWorkers})`,
    )
  }
  return resolved
}
