import type { Instant } from '../../base/clock.ts'
import { refreshBatch } from '../batch-state.ts'
import { blameHeld, rerunShard } from '../crash-bisection.ts'
import type { WorkerLost, WorkerOnline } from '../events.ts'
import type { WorkerId } from '../ids.ts'
import type { SchedulerState, Shard } from '../scheduler-state.ts'
import { settleBatchIfDone } from '../settle.ts'
import { failIfUnstaffed, noteFailedStart } from '../staffing.ts'
import { createWorker, loseWorker, placeWorker, runsSeveral } from '../worker-state.ts'

/** So many lost workers are remembered: enough that what is still on its way about them is known as late. */
const LATELY_MAX = 1_000

export function onWorkerOnline(state: SchedulerState, event: WorkerOnline, now: Instant): void {
  if (state.workers.has(event.worker) || state.lately.has(event.worker)) return
  state.starting = Math.max(0, state.starting - 1)
  const worker = createWorker(event.worker, now)
  state.workers.set(worker.id, worker)
  placeWorker(state, worker)
}

export function onWorkerLost(state: SchedulerState, event: WorkerLost, now: Instant): void {
  if (state.lately.has(event.worker)) return
  remember(state, event.worker)
  const worker = state.workers.get(event.worker)
  if (worker === undefined) {
    if (state.starting === 0) return
    state.starting--
    noteFailedStart(state, event.exit, now)
    failIfUnstaffed(state, now)
    return
  }
  const { phase, proven } = worker
  const several = runsSeveral(state, worker)
  const held = loseWorker(state, worker)
  if (phase === 'idle' && !proven) {
    noteFailedStart(state, event.exit, now)
    failIfUnstaffed(state, now)
  }
  if (phase === 'killed') for (const shard of held.toReversed()) rerunShard(state, shard)
  else blameHeld(state, held, several, event.exit, now)
  for (let i = held.length - 1; i >= 0; i--) {
    const { batch } = held[i] as Shard
    refreshBatch(state, batch, now, true)
    settleBatchIfDone(state, batch)
  }
}

function remember(state: SchedulerState, worker: WorkerId): void {
  state.lately.add(worker)
  if (state.lately.size <= LATELY_MAX) return
  for (const oldest of state.lately) {
    state.lately.delete(oldest)
    return
  }
}
