import { InvariantError } from '../../base/assert.ts'
import type { PoolSet } from '../events.ts'
import { refreshPool } from '../pool-state.ts'
import { createPool } from '../scheduler-state.ts'
import type { SchedulerState } from '../scheduler-state.ts'

export function onPoolSet(state: SchedulerState, event: PoolSet): void {
  if (!Number.isSafeInteger(event.size) || event.size < 1) {
    throw new InvariantError(`size of pool ${event.pool} must be a whole number of at least 1, not ${event.size}`)
  }
  const pool = state.pools.get(event.pool)
  if (pool === undefined) {
    state.pools.set(event.pool, createPool(event.pool, event.size, state.options.ageingMs))
  } else if (pool.size !== event.size) {
    pool.size = event.size
    refreshPool(state, pool)
  }
}
