import type { Instant } from '../base/clock.ts'
import { nextRetirement } from './staffing.ts'
import type { SchedulerState } from './scheduler-state.ts'

/**
 * Sets the host's timer where it would come too late. One that comes too early is left: the `woken` that it sends sets the next. So a
 * worker that turns idle and busy thousands of times a second costs one timer in `idleRetireMs`.
 */
export function setTimer(state: SchedulerState): void {
  const due = nextDue(state)
  if (due === undefined) {
    if (state.drain === 'drained' && state.wakeAt !== undefined) {
      state.wakeAt = undefined
      state.commands.push({ kind: 'wake-at', at: undefined })
    }
    return
  }
  if (state.wakeAt !== undefined && state.wakeAt <= due) return
  state.wakeAt = due
  state.commands.push({ kind: 'wake-at', at: due })
}

/** The earliest time at which something is to be done without an event; after the drain nothing is. */
function nextDue(state: SchedulerState): Instant | undefined {
  if (state.drain === 'drained') return undefined
  let due = earlier(state.delays.nextAt(), state.deadlines.nextAt())
  due = earlier(due, state.runLimits.nextAt())
  due = earlier(due, state.graces.peek()?.at)
  due = earlier(due, nextRetirement(state))
  return state.startsWaiting ? earlier(due, state.startsFrom) : due
}

function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}
