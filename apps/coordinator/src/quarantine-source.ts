import type { QuarantinedTaskView, QuarantineView } from '@forkpool/pool-core/protocol'

/** Tasks that crashed their workers until they were given up, as the HTTP room sees them. */
export interface QuarantineSource {
  /** Newest first, `limit` at most. */
  list(limit: number): QuarantineView
  /** Runs the task again, as a batch of its own whose id is the answer, and takes it out. @throws ForkpoolError NOT_FOUND, or what a submission is refused with. */
  retry(id: string): Promise<{ readonly batch: string }>
  /** @throws ForkpoolError NOT_FOUND. */
  drop(id: string): QuarantinedTaskView
}
