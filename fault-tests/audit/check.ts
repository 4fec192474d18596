import type { BatchReport } from '../load/running-batch.ts'
import type { Baseline } from './baseline.ts'
import type { World } from '../world/world.ts'

/** What there is to look at after a world, when all faults are healed. */
export interface Evidence {
  readonly world: World
  readonly batches: readonly BatchReport[]
  /** What the coordinator held before anything was done to it. */
  readonly baseline: Baseline
  /** The disk was full: ended batches had to make room, and LMDB has written about it to standard error. */
  readonly mayForget: boolean
}

/** One thing that must hold: resolves to what is wrong, a sentence each. */
export type Check = (evidence: Evidence) => Promise<readonly string[]> | readonly string[]
