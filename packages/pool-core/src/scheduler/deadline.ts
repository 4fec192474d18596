import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { cancelBatch } from './cancel.ts'
import type { Batch, SchedulerState } from './scheduler-state.ts'
import { settleBatchIfDone } from './settle.ts'

/** The batch is to be over in `deadlineMs`. It forgets its deadline when it settles. */
export function setDeadline(state: SchedulerState, batch: Batch, deadlineMs: number, now: Instant): void {
  batch.deadline = { at: after(now, deadlineMs), sequence: state.deadlines.nextSequence(), dropped: false, batch }
  state.deadlines.add(batch.deadline)
}

/** Cancels the batches whose time is over. */
export function endDeadlines(state: SchedulerState, now: Instant): void {
  for (let due = state.deadlines.takeDue(now); due !== undefined; due = state.deadlines.takeDue(now)) {
    const { batch } = due
    batch.deadline = null
    cancelBatch(state, batch, 'deadline', now)
    settleBatchIfDone(state, batch)
  }
}
