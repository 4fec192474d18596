import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { refreshBatch, requeueRange } from './batch-state.ts'
import type { ItemRange } from './item-range.ts'
import type { Batch, SchedulerState } from './scheduler-state.ts'

/** The heap is cleaned when more than so many of its entries, and more than half, belong to cancelled batches. */
const DROPPED_MAX = 64

/** `firstMs` after the first failed run, doubled after each further one, `maxMs` at most. */
export function backoffMs(firstMs: number, failedRuns: number, maxMs: number): number {
  // Doubled often enough, anything but zero is infinite.
  return firstMs === 0 ? 0 : Math.min(firstMs * 2 ** (failedRuns - 1), maxMs)
}

/** Queued items run again after `delayMs`: behind what waits to run again, suspects before it. */
export function runLater(state: SchedulerState, batch: Batch, range: ItemRange, delayMs: number, now: Instant): void {
  if (delayMs === 0) {
    requeueRange(batch, range, placeOf(range))
    return
  }
  const delayed = { at: after(now, delayMs), sequence: state.nextDelay++, batch, range, dropped: false }
  state.delays.push(delayed)
  batch.delayed ??= new Set()
  batch.delayed.add(delayed)
  batch.delayedItems += range.count
}

/** Queues the ranges whose back-off is over. */
export function endBackoffs(state: SchedulerState, now: Instant): void {
  for (let head = state.delays.peek(); head !== undefined && head.at <= now; head = state.delays.peek()) {
    state.delays.pop()
    if (head.dropped) {
      state.delaysDropped--
      continue
    }
    const { batch, range } = head
    batch.delayed?.delete(head)
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
    delayed.dropped = true
    ranges.push(delayed.range)
  }
  state.delaysDropped += ranges.length
  batch.delayed = null
  batch.delayedItems = 0
  if (state.delaysDropped > DROPPED_MAX && state.delaysDropped * 2 > state.delays.length) {
    state.delays.removeWhere((delayed) => delayed.dropped)
    state.delaysDropped = 0
  }
  return ranges
}

function placeOf(range: ItemRange): 'front' | 'back' {
  return range.suspect ? 'front' : 'back'
}
