import { unreachable } from '../base/assert.ts'
import type { Instant } from '../base/clock.ts'
import type { SchedulerCommand } from './commands.ts'
import { endDeadlines } from './deadline.ts'
import { feedIdleWorkers, prefetch } from './dispatch.ts'
import type { SchedulerEvent } from './events.ts'
import { onBatchCancelled } from './handlers/batch-cancelled.ts'
import { onBatchEnded, onBatchOpened, onBatchPaused, onItemsAdded } from './handlers/batch-input.ts'
import { onPoolSet } from './handlers/pool-set.ts'
import { onShardRan } from './handlers/shard-ran.ts'
import { endGraces, onShardTimedOut } from './handlers/shard-timed-out.ts'
import { onShardWaits } from './handlers/shard-waits.ts'
import { onWorkerLost, onWorkerOnline } from './handlers/worker-life.ts'
import { endBackoffs } from './retry.ts'
import { endRunLimits } from './run-limit.ts'
import type { SchedulerState } from './scheduler-state.ts'
import { retireSurplus, staff } from './staffing.ts'
import { setTimer } from './wake.ts'

/** What most steps of a long batch answer when there is nothing to do; shared, so that they allocate nothing. */
const NOTHING: readonly SchedulerCommand[] = Object.freeze([])

/**
 * Takes in one event and answers with what is to be done, in this order. Changes `state` in place; does no I/O, reads no clock, and gives
 * equal commands for equal input. Costs O(1) for each shard that it hands out, whatever the number of open batches; events come
 * for each shard and block, never for each task. `now` must not go back.
 *
 * Late events (about a batch that has settled, a shard that was answered, a worker that is lost) are harmless and give no commands of
 * their own.
 * @throws ForkpoolError DRAINING for `batch-opened` after `drain-requested`; InvariantError for an event that the host or a worker must not
 * send (an unknown pool, a batch number used twice, items after the end, an impossible answer). `state` is as before the event then.
 */
export function step(state: SchedulerState, event: SchedulerEvent, now: Instant): readonly SchedulerCommand[] {
  handle(state, event, now)
  if (state.wakeAt !== undefined && now >= state.wakeAt) state.wakeAt = undefined
  if (state.wakeAt === undefined) whatIsDue(state, now)
  feedIdleWorkers(state, now)
  staff(state, now)
  prefetch(state, now)
  if (state.drain === 'draining' && state.batches.size === 0) {
    state.drain = 'drained'
    state.commands.push({ kind: 'drained' })
  }
  setTimer(state)
  const { commands } = state
  if (commands.length === 0) return NOTHING
  state.commands = []
  return commands
}

function handle(state: SchedulerState, event: SchedulerEvent, now: Instant): void {
  switch (event.kind) {
    case 'shard-ran':
      return onShardRan(state, event, now)
    case 'shard-timed-out':
      return onShardTimedOut(state, event, now)
    case 'shard-waits':
      return onShardWaits(state, event, now)
    case 'batch-opened':
      return onBatchOpened(state, event, now)
    case 'items-added':
      return onItemsAdded(state, event, now)
    case 'batch-ended':
      return onBatchEnded(state, event)
    case 'batch-cancelled':
      return onBatchCancelled(state, event, now)
    case 'batch-paused':
      return onBatchPaused(state, event, now)
    case 'worker-online':
      return onWorkerOnline(state, event, now)
    case 'worker-lost':
      return onWorkerLost(state, event, now)
    case 'pool-set':
      return onPoolSet(state, event)
    case 'woken':
      // The timer has run, so none is set, even if it ran a little before its time.
      state.wakeAt = undefined
      return
    case 'drain-requested':
      if (state.drain === 'no') state.drain = 'draining'
      return
    default:
      unreachable(event)
  }
}

/** Does what time alone brings about. */
function whatIsDue(state: SchedulerState, now: Instant): void {
  endBackoffs(state, now)
  endDeadlines(state, now)
  endRunLimits(state, now)
  endGraces(state, now)
  retireSurplus(state, now)
}
