/**
 * The JSON dialect as these scenarios speak it (docs/protocol.md). Written out here and not imported: a scenario is a client of its own,
 * and stands for every client that is not Forkpool's.
 */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly code?: string
}

export interface BatchSummary {
  readonly outcome: 'completed' | 'failed' | 'cancelled'
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
}

export interface Results {
  readonly kind: 'results'
  readonly batch: number
  readonly from: number
  readonly count: number
  readonly values: readonly unknown[]
  readonly failures?: readonly { readonly at: number; readonly error: WireError; readonly attempts: number }[]
  readonly done?: BatchSummary
}

export type ServerMessage =
  | { readonly kind: 'welcome'; readonly version: number; readonly session: string; readonly limits: { readonly poolSizeMax: number } }
  | { readonly kind: 'accepted'; readonly batch: number; readonly id: string; readonly pool: string; readonly poolSize: number }
  | Results
  | ({ readonly kind: 'done'; readonly batch: number } & BatchSummary)
  | { readonly kind: 'credit'; readonly batch: number; readonly bytes: number }
  | { readonly kind: 'refused'; readonly batch?: number; readonly error: WireError }
  | { readonly kind: 'goodbye'; readonly reason: string }
