import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'

export function batchUnknown(batch: BatchId): ForkpoolError {
  return new ForkpoolError('BATCH_UNKNOWN', `no batch ${batch} in the engine`)
}

/** @param batch the one that is there: of the same id, or of the same idempotency key. */
export function batchExists(batch: BatchId): ForkpoolError {
  return new ForkpoolError('ALREADY_EXISTS', `batch ${batch} exists already`)
}

export function batchOpen(batch: BatchId): ForkpoolError {
  return new ForkpoolError('INVALID_STATE', `batch ${batch} is open: only an ended batch can be forgotten`)
}
