import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { refreshBatch, requeueRange } from './batch-state.ts'
import type { ItemRange } from './item-range.ts'
import type { Batch, SchedulerState } from './scheduler-state.ts'

/** `firstMs` after the first failed run, doubled after each further one, `maxMs` at most. */
export function backoffMs(firstMs: number, failedRuns: number, maxMs: number): number {
  // Doubled often enough, anything but zero is infinite.
  return firstMs === 0 ? 0 : Math.min(firstMs * 2 ** (failedRuns - 1), maxMs)
}

/** What is left of a wait when chance has taken off its part. */
export function withJitter(state: SchedulerState, batch: Batch, waitMs: number): number {
  return waitMs === 0 || batch.jitter === 0 ? waitMs : waitMs * (1 - batch.jitter * state.random.next())
}

/** Queued items run again after `delayMs`: behind what waits to run again, suspects before it. */
export function runLater(state: SchedulerState, batch: Batch, range: ItemRange, delayMs: number, now: Instant): void {
  if (delayMs === 0) {
    requeueRange(batch, range, placeOf(range))
    return
  }
  const delayed = { at: after(now, delayMs), sequence: state.delays.nextSequence(), batch, range, dropped: false }
  state.delays.add(delayed)
  batch.delayed ??= new Set()
  batch.delayed.add(delayed)
  batch.delayedItems += range.count
}

/** Queues the ranges whose back-off is over. */
export function endBackoffs(state: SchedulerState, now: Instant): void {
  for (let due = state.delays.takeDue(now); due !== undefined; due = state.delays.takeDue(now)) {
    const { batch, range } = due
    batch.delayed?.delete(due)
    batch.delayedItems -= range.count
    requeueRange(batch, range, placeOf(range))
    refreshBatch(state, batch, now)
  }
}

/** Takes all ranges of a batch out of their back-off. */
export function dropBackoffs(state: SchedulerState, batch: Batch): readonly ItemRange[] {
  if (batch.delayed === null) return []
  const ranges: ItemRange[] = []
  for (const delayed of batch.delayed) {
    state.delays.drop(delayed)
    ranges.push(delayed.range)
  }
  batch.delayed = null
  batch.delayedItems = 0
  return ranges
}

function placeOf(range: ItemRange): 'front' | 'back' {
  return range.suspect ? 'front' : 'back'
}
