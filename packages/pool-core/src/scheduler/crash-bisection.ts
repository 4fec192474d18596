import type { Instant } from '../base/clock.ts'
import type { ExitCause } from '../base/errors.ts'
import { itemLog, moveItems, requeueRange } from './batch-state.ts'
import { cancelBatch } from './cancel.ts'
import type { ItemRange } from './item-range.ts'
import { backoffMs, runLater } from './retry.ts'
import type { SchedulerState, Shard } from './scheduler-state.ts'
import { settleCancelled, settleFailed } from './settle.ts'

/** Halves of a range of two items or more, the first no shorter. Both are suspect. */
export function halve(range: ItemRange): readonly [ItemRange, ItemRange] {
  const first = Math.ceil(range.count / 2)
  return [
    { ...range, count: first, suspect: true },
    { ...range, offset: range.offset + first, count: range.count - first, suspect: true },
  ]
}

/**
 * Runs a shard again that had no part in the loss of its worker: it stood behind another, or the worker was killed for another. One whose
 * worker was killed because some of its items ran for too long is handed out item by item from here on.
 */
export function rerunShard(state: SchedulerState, shard: Shard): void {
  const { batch, range } = shard
  if (batch.phase === 'cancelling') {
    settleCancelled(state, batch, range.block, range.count, 'running')
    return
  }
  moveItems(batch, 'running', 'queued', range.count)
  requeueRange(batch, shard.late ? { ...range, single: true } : range, 'front')
}

/**
 * The worker was lost with these shards, in its order. Where it ran one after the other the first is to blame; where it may have run `several`,
 * all are, in company. A suspect has no company but what its own task called for: then the suspect is to blame, alone.
 */
export function blameHeld(state: SchedulerState, held: readonly Shard[], several: boolean, exit: ExitCause, now: Instant): void {
  const suspect = several ? held.findIndex(({ range }) => range.suspect) : -1
  // From the last to the first, because each goes to the front of its batch, and the one that ran belongs there.
  for (let i = held.length - 1; i >= 0; i--) {
    const shard = held[i] as Shard
    const isBlamed = suspect >= 0 ? i === suspect : several || i === 0
    if (isBlamed) blameShard(state, shard, held.length === 1 || i === suspect, exit, now)
    else rerunShard(state, shard)
  }
}

/**
 * The worker was lost while it ran this shard. More than one item: both halves run again, each with nothing behind it, so that the
 * guilty one ends up alone. One item: it runs again after `crashBackoffMs`, until workers were lost `crashLimit` times that held it `alone`; then it
 * has failed. Only those losses count: what happened to it in company may be its neighbour's fault. The termination argument is in
 * README.md.
 */
export function blameShard(state: SchedulerState, shard: Shard, alone: boolean, exit: ExitCause, now: Instant): void {
  const { batch, range } = shard
  if (batch.phase === 'cancelling') {
    settleCancelled(state, batch, range.block, range.count, 'running')
    return
  }
  if (range.count > 1) {
    const [first, second] = halve(range)
    moveItems(batch, 'running', 'queued', range.count)
    requeueRange(batch, second, 'front')
    requeueRange(batch, first, 'front')
    return
  }
  if (alone) {
    charge(state, shard, exit, now)
    return
  }
  moveItems(batch, 'running', 'queued', 1)
  requeueRange(batch, { ...range, suspect: true }, 'front')
}

/** A lost worker that held one item alone counts against that item. */
function charge(state: SchedulerState, { batch, range }: Shard, exit: ExitCause, now: Instant): void {
  const { crashBackoffMs, crashLimit, retryBackoffMaxMs } = state.options
  const index = range.block.from + range.offset
  const { exits } = itemLog(batch, index)
  exits.push(exit)
  if (exits.length >= crashLimit) {
    settleFailed(state, batch, range.block, index, { kind: 'worker-lost', exits })
    if (batch.failFast) cancelBatch(state, batch, 'failure', now)
    return
  }
  moveItems(batch, 'running', 'queued', 1)
  const waitMs = backoffMs(crashBackoffMs, exits.length, retryBackoffMaxMs)
  runLater(state, batch, { ...range, suspect: true }, waitMs, now)
}
