import type { Pool, SchedulerState } from './scheduler-state.ts'

/** To be called whenever the queue, the size or the workers of a pool changed: puts it where the next dispatch looks. */
export function refreshPool(state: SchedulerState, pool: Pool): void {
  const hungry = pool.queue.length > 0 && pool.busyWorkers < pool.size
  if (hungry !== (pool.list !== null)) {
    if (hungry) state.hungry.pushLast(pool)
    else state.hungry.remove(pool)
  }
  if (pool.touched) return
  pool.touched = true
  state.touched.push(pool)
}
