import type { BatchView, PoolView, SamplesView, StatusView, TaskListing, WorkerView } from '@forkpool/pool-core/protocol'

/** What the API shows and does: the rest of the program as the HTTP room sees it. */
export interface ApiSource {
  status(): StatusView
  pools(): readonly PoolView[]
  workers(): readonly WorkerView[]
  /** Newest first: those submitted before the batch `before`, `limit` at most; and how many there are in all. */
  batches(limit: number, before: string | undefined): { readonly batches: readonly BatchView[]; readonly total: number }
  batch(id: string): BatchView | undefined
  /** False: no open batch has this id. */
  cancel(id: string): boolean
  tasks(): readonly TaskListing[]
  samples(seconds: number): SamplesView
  /** The newest sample of each pool. */
  latestSamples(): {
    readonly at: number
    readonly series: readonly { readonly pool: string; readonly poolSize: number; readonly tasksPerSecond: number }[]
  }
  /** Takes new work: workers are there and no drain is on. */
  ready(): boolean
}
