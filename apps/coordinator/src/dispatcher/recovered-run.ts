import type { Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import type { BatchRequest } from '../batch-request.ts'
import type { PoolLabel } from '../dispatch-observer.ts'
import type { OpenBatch, StoredBatch, StoredEnd } from '../engine/engine.ts'
import { succeeded } from '../ledger/ledger.ts'
import { BatchRun, NOBODY } from './batch-run.ts'

/** Batches of which an older store did not say whose they are. */
const NO_SESSION = 'recovered' as SessionId

/** A batch that an earlier life of the coordinator left open, with nobody who listens. Its time goes on since it was submitted. */
export function recoveredRun(open: OpenBatch, pool: PoolLabel, clock: Clock): BatchRun {
  const { batch, inputEnded, ledger } = open
  const elapsedMs = Math.max(0, clock.wallTime() - batch.submittedAt)
  const run = new BatchRun(batch.id, requestOf(open, elapsedMs), pool, NOBODY, batch.submittedAt, after(clock.now(), -elapsedMs))
  run.inputEnded = inputEnded
  run.arrived = ledger.submitted
  run.arrivedAll = inputEnded
  run.submitted = ledger.recorded
  run.completed = succeeded(ledger)
  run.failed = ledger.failed + ledger.quarantined
  run.earlier = { completed: run.completed, failed: run.failed }
  return run
}

/** A batch that ended in an earlier life, for the lists of the API. */
export function endedRun({ batch, ledger }: StoredBatch, { summary, at }: StoredEnd, clock: Clock): BatchRun {
  const sinceMs = clock.wallTime() - batch.submittedAt
  const pool: PoolLabel = { name: batch.pool, size: batch.poolSize }
  const request = requestOf({ batch, ledger, inputEnded: true }, 0)
  const run = new BatchRun(batch.id, request, pool, NOBODY, batch.submittedAt, after(clock.now(), -sinceMs))
  run.inputEnded = true
  run.submitted = ledger.submitted
  run.completed = succeeded(ledger)
  run.failed = ledger.failed + ledger.quarantined
  run.summary = summary
  run.endedAt = at
  return run
}

function requestOf({ batch, inputEnded, ledger }: Pick<StoredBatch, 'batch' | 'inputEnded' | 'ledger'>, elapsedMs: number): BatchRequest {
  // The record has every field of the request that it was made from.
  const request: BatchRequest = {
    ...batch,
    session: batch.session ?? NO_SESSION,
    reply: batch.reply ?? 'auto',
    total: inputEnded ? ledger.submitted : batch.total,
  }
  const { deadlineMs } = request
  return deadlineMs === undefined ? request : { ...request, deadlineMs: Math.max(1, deadlineMs - elapsedMs) }
}
