/** What the length of the next shard depends on. */
export interface ShardWork {
  /** Items that stand together in one block: a shard takes these at most. */
  readonly available: number
  /** Items of the batch that are not handed out, with those that were declared and have not arrived. */
  readonly remaining: number
  /** Items of the batch as far as they are known: declared, or arrived. */
  readonly total: number
  /** Shards handed out so far. */
  readonly shardsCut: number
  /** Workers that can serve the batch at once. */
  readonly workers: number
  /** Measured milliseconds an item; 0 while unknown. */
  readonly itemMs: number
  /** Average bytes of an item in this block. */
  readonly itemBytes: number
  /** Length that the caller asked for. */
  readonly chunkSize: number | undefined
}

export interface ShardRule {
  readonly shardTargetMs: number
  readonly shardMinimumMs: number
  readonly shardBytesMax: number
}

/** Python's `multiprocessing.Pool` cuts a batch into four chunks a worker. */
const PYTHON_CHUNKS_A_WORKER = 4
/** Factoring hands out half of what is left, in as many equal parts as there are workers. */
const FACTORING = 2

/**
 * How many items the next shard takes: 1 to `available`.
 *
 * - With `chunkSize`: that many.
 * - Cost unknown: Python's rule, ⌈total / (4 × workers)⌉.
 * - Cost known: as many as run for `shardTargetMs`, but at most ⌈remaining / (2 × workers)⌉, so that shards get shorter towards the
 *   end and no worker waits for one straggler; not shorter than `shardMinimumMs`, where a shard costs more on the way than it saves.
 * - Always, without `chunkSize`: so few that at least min(total, workers) shards come of the batch, so that each worker gets one.
 * - Always: at most `shardBytesMax` by the block's average, but one item at least.
 * - A block is split evenly rather than leaving a sliver.
 *
 * Source: CPython `Pool._map_async`; C. Polychronopoulos and D. Kuck, "Guided self-scheduling", 1987; S. Hummel, E. Schonberg and
 * L. Flynn, "Factoring", 1992.
 */
export function shardLength(work: ShardWork, rule: ShardRule): number {
  const { available, chunkSize } = work
  if (available === 1) return 1
  const byBytes = bytesLimit(work, rule)
  if (chunkSize !== undefined) return Math.max(1, Math.min(chunkSize, byBytes, available))
  const limit = Math.max(1, Math.min(wanted(work, rule), spreadLimit(work), byBytes))
  if (available <= limit) return available
  return Math.ceil(available / Math.ceil(available / limit))
}

/** How many shards will be cut of `available` at least, as things are: what so many workers can be given at once. 1 or more. */
export function shardsAtLeast(work: ShardWork, rule: ShardRule): number {
  const { available, remaining } = work
  const even = Math.ceil(available / shardLength(work, rule))
  if (work.chunkSize !== undefined) return even
  const spread = spreadLimit(work)
  if (Math.min(wanted(work, rule), bytesLimit(work, rule)) < spread) return even
  // Here each worker is to get its share, and shares grow by rounding: the first says too much about the others.
  const shares = Math.max(1, Math.min(work.total, work.workers) - work.shardsCut)
  return Math.max(1, Math.min(even, Math.floor((available * shares) / remaining)))
}

function bytesLimit({ available, itemBytes }: ShardWork, { shardBytesMax }: ShardRule): number {
  return itemBytes > 0 ? Math.floor(shardBytesMax / itemBytes) : available
}

function wanted(work: ShardWork, rule: ShardRule): number {
  if (work.itemMs === 0) return Math.ceil(work.total / (PYTHON_CHUNKS_A_WORKER * work.workers))
  const byTarget = Math.floor(rule.shardTargetMs / work.itemMs)
  const byTail = Math.ceil(work.remaining / (FACTORING * work.workers))
  const byMinimum = Math.ceil(rule.shardMinimumMs / work.itemMs)
  return Math.min(byTarget, Math.max(byTail, byMinimum))
}

/** While some worker has had no shard of the batch: what is left, shared among those. */
function spreadLimit(work: ShardWork): number {
  const missing = Math.min(work.total, work.workers) - work.shardsCut
  return missing > 1 ? Math.floor(work.remaining / missing) : work.remaining
}
