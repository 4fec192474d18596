import type { Instant } from '../../base/clock.ts'
import { refreshBatch } from '../batch-state.ts'
import { takeOverstayed } from '../cancel.ts'
import { blameShard } from '../crash-bisection.ts'
import type { ShardTimedOut } from '../events.ts'
import type { SchedulerState, Shard, Worker } from '../scheduler-state.ts'
import { settleBatchIfDone } from '../settle.ts'
import { dismissWorker, heldShardOf, releaseShard, runsSeveral } from '../worker-state.ts'
import { putBackRest, takeFailures } from './shard-ran.ts'

export function onShardTimedOut(state: SchedulerState, event: ShardTimedOut, now: Instant): void {
  const worker = state.workers.get(event.worker)
  if (worker === undefined || worker.phase !== 'busy') return
  const shard = heldShardOf(worker, event.shard)
  if (shard !== undefined) failFirst(state, worker, shard, event, now)
}

/** Kills the workers that were asked to leave a shard and have not answered in time. */
export function endGraces(state: SchedulerState, now: Instant): void {
  for (let grace = takeOverstayed(state, now); grace !== undefined; grace = takeOverstayed(state, now)) {
    const { shard, worker } = grace
    const { timeout } = shard.batch
    if (shard.late && shard.range.count === 1 && worker.held.length === 1 && timeout !== undefined) {
      failFirst(state, worker, shard, timeout, now)
      continue
    }
    // Any of them may be the one that takes too long: answers of the moment before may not have been sent.
    if (shard.late) for (const one of worker.held) one.late = one.batch.timeout !== undefined
    kill(state, worker)
  }
}

/**
 * Where the worker may have run several shards, nobody knows which of them held up the others: all are suspects, it is killed, and the guilty one
 * runs out of time again, alone. Not where the shard is a suspect already: the others come from its own task.
 *
 * Else the first item of a shard has failed for the time that it took, and its worker is killed for it and not blamed: what stands behind the
 * shard runs again as it was, when `worker-lost` comes.
 */
function failFirst(
  state: SchedulerState,
  worker: Worker,
  shard: Shard,
  failure: Pick<ShardTimedOut, 'error' | 'retryable'>,
  now: Instant,
): void {
  const { batch, range } = shard
  const inCompany = worker.held.length > 1 && runsSeveral(state, worker) && !range.suspect
  kill(state, worker)
  if (inCompany) {
    suspectAll(state, worker, now)
    return
  }
  releaseShard(state, worker, shard, now)
  if (range.count > 1) putBackRest(state, batch, range, 1)
  takeFailures(state, batch, range, [{ at: 0, error: failure.error, retryable: failure.retryable ?? true }], now)
  refreshBatch(state, batch, now)
  settleBatchIfDone(state, batch)
}

function suspectAll(state: SchedulerState, worker: Worker, now: Instant): void {
  for (const shard of worker.held.toReversed()) {
    releaseShard(state, worker, shard, now)
    blameShard(state, shard, false, {}, now)
    refreshBatch(state, shard.batch, now, true)
    settleBatchIfDone(state, shard.batch)
  }
}

function kill(state: SchedulerState, worker: Worker): void {
  dismissWorker(state, worker, 'kill')
  state.commands.push({ kind: 'kill-worker', worker: worker.id })
}
