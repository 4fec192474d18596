/** A pool under measurement: two workers that know `square` and `burn`. */
export interface BenchPool {
  readonly square: (n: number) => PromiseLike<number>
  /** A computation of `rounds` rounds, whose cost does not depend on the machine's load. */
  readonly burn: (rounds: number) => PromiseLike<number>
  stop(): Promise<void>
}

/** How to make one, and what it is called in the tables. */
export interface BenchPoolKind {
  readonly name: string
  /** Whose package it is, for the list of versions; undefined for Forkpool's own. */
  readonly package: string | undefined
  readonly workers: 'threads' | 'processes'
  readonly open: (size: number) => Promise<BenchPool>
}

/** A peer that takes longer for one part of the bench has lost a task: it is left out of that part, and said so. */
const PATIENCE_MS = 90_000

/** So long may a pool take to close: poolifier's, once in some closings, never does. */
const CLOSING_PATIENCE_MS = 10_000

/** Opens a pool for the time of `run`. Rejects with what `run` does; where a peer does not end, it says so and resolves. */
export async function withPool(kind: BenchPoolKind, run: (pool: BenchPool) => Promise<void>, size = 2): Promise<void> {
  const pool = await kind.open(size)
  const isOver = await endsWithin(PATIENCE_MS, run(pool))
  const isClosed = isOver && (await endsWithin(CLOSING_PATIENCE_MS, pool.stop()))
  if (isClosed) return
  const what = `${kind.name} did not ${isOver ? 'close' : 'answer'} within ${(isOver ? CLOSING_PATIENCE_MS : PATIENCE_MS) / 1000} s`
  if (kind.package === undefined) throw new Error(what)
  console.log(what)
}

async function endsWithin(milliseconds: number, work: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)))
  try {
    return await Promise.race([work.then(() => true as const), late])
  } finally {
    clearTimeout(timer)
  }
}
