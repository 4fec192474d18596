import type { BatchView } from '@forkpool/pool-core/protocol'

/** What `GET /api/batches` answers. */
export interface BatchesView {
  readonly batches: readonly BatchView[]
  readonly total: number
}

/** The most rows a page keeps; what is older is found by its identifier. */
export const BATCHES_MAX = 1000

/**
 * The live batches and the older pages as one list, newest first, each batch once. The live one wins: it is newer than any page. Ties in
 * time keep their given order, for batches of one millisecond have one too.
 */
export function mergeBatches(live: readonly BatchView[], older: readonly BatchView[]): readonly BatchView[] {
  const byId = new Map<string, BatchView>()
  for (const batch of [...live, ...older]) if (!byId.has(batch.id)) byId.set(batch.id, batch)
  return [...byId.values()].sort((a, b) => b.submittedAt - a.submittedAt).slice(0, BATCHES_MAX)
}
