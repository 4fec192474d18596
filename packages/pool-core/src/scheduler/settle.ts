import type { SettleFailed } from './commands.ts'
import type { Block } from './item-range.ts'
import { moveItems, unsettledItems, workersOf } from './batch-state.ts'
import type { Batch, SchedulerState } from './scheduler-state.ts'
import { BATCH_TRANSITIONS, transition } from './transitions.ts'

/** Running items have completed. */
export function settleCompleted(state: SchedulerState, batch: Batch, block: Block, count: number): void {
  moveItems(batch, 'running', 'completed', count)
  settleInBlock(state, batch, block, count)
}

/** Items will not run, or not again. */
export function settleCancelled(state: SchedulerState, batch: Batch, block: Block, count: number, from: 'queued' | 'running'): void {
  moveItems(batch, from, 'cancelled', count)
  settleInBlock(state, batch, block, count)
}

/** A running item has failed for good: it is reported, and its log forgotten. */
export function settleFailed(state: SchedulerState, batch: Batch, block: Block, index: number, cause: SettleFailed['cause']): void {
  const log = batch.logs?.get(index)
  const errors = cause.kind === 'task' ? cause.errors.length : (log?.errors.length ?? 0)
  const exits = cause.kind === 'worker-lost' ? cause.exits.length : (log?.exits.length ?? 0)
  const offset = index - block.from
  state.commands.push({ kind: 'settle-failed', batch: batch.id, index, block: block.number, offset, attempts: errors + exits, cause })
  batch.logs?.delete(index)
  moveItems(batch, 'running', 'failed', 1)
  settleInBlock(state, batch, block, 1)
}

/** Reports the batch and forgets it, if nothing more can happen to it. */
export function settleBatchIfDone(state: SchedulerState, batch: Batch): void {
  if (batch.phase === 'filling' || batch.phase === 'settled' || unsettledItems(batch) > 0) return
  batch.phase = transition(BATCH_TRANSITIONS, batch.phase, 'settle')
  state.batches.delete(batch.id)
  batch.pool.openBatches--
  dropDeadline(state, batch)
  const { completed, failed, cancelled } = batch.items
  const { cancelledFor } = batch
  const reason = cancelledFor === 'deadline' || cancelledFor === 'no-workers' ? cancelledFor : undefined
  state.commands.push({
    kind: 'batch-settled',
    batch: batch.id,
    outcome: cancelledFor === 'caller' ? 'cancelled' : failed > 0 || reason !== undefined ? 'failed' : 'completed',
    ...(reason !== undefined && { reason }),
    ...(reason === 'no-workers' && { exit: state.failedStartExit }),
    completed,
    failed,
    cancelled,
    runMs: batch.runMs,
    workers: workersOf(batch),
  })
}

function dropDeadline(state: SchedulerState, batch: Batch): void {
  if (batch.deadline !== null) state.deadlines.drop(batch.deadline)
  batch.deadline = null
}

function settleInBlock(state: SchedulerState, batch: Batch, block: Block, count: number): void {
  block.unsettled -= count
  if (block.unsettled === 0) state.commands.push({ kind: 'release-block', batch: batch.id, block: block.number })
}
