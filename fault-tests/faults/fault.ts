import type { ErrorCode } from '@forkpool/pool-core/base'
import type { RunningBatch } from '../load/running-batch.ts'
import type { Workload } from '../load/workload.ts'
import type { World } from '../world/world.ts'

/** What a fault is done to. */
export interface Scene {
  readonly world: World
  readonly load: Workload
  /** A fault may bring a batch of its own. */
  readonly join: (batch: RunningBatch) => void
}

/** How long or how much, and to whom; 0 to 1 each. */
export interface Measure {
  readonly amount: number
  readonly target: number
}

/** One kind of harm. */
export interface Fault {
  /** Codes with which a batch that is open meanwhile may be refused or given up: everything else must end as if nothing had been. */
  readonly excuses: readonly ErrorCode[]
  /** Does it, and resolves when it is over: what can be healed is healed. */
  inject(scene: Scene, measure: Measure): Promise<void>
}

export function between(least: number, most: number, amount: number): number {
  return least + (most - least) * amount
}
