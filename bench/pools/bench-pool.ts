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

/** Opens a pool for the time of `run`. */
export async function withPool(kind: BenchPoolKind, run: (pool: BenchPool) => Promise<void>, size = 2): Promise<void> {
  const pool = await kind.open(size)
  try {
    await run(pool)
  } finally {
    await pool.stop()
  }
}
