import type { ComparisonView } from '@forkpool/pool-core/protocol'

/** Comparisons as the HTTP room sees them. */
export interface ComparisonSource {
  /** Checks a request body and starts. @throws ForkpoolError BAD_ARGUMENT that names the field, TASK_UNKNOWN, LIMIT_EXCEEDED when one runs already. */
  begin(body: unknown): ComparisonView
  get(id: string): ComparisonView | undefined
  /** Newest first. */
  list(): readonly ComparisonView[]
}
