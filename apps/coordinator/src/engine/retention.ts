/** How long and how much is kept of batches that have ended. The oldest go first; an open batch is never touched. */
export interface Retention {
  /** Milliseconds after the end of a batch. */
  readonly ageMs: number
  /** Bytes of all ended batches together, by the engine's own account. */
  readonly bytes: number
  /** Ended batches in all. */
  readonly batches: number
}

/** An ended batch as retention sees it. */
export interface Kept {
  /** Wall clock, milliseconds since 1970. */
  readonly endedAt: number
  readonly bytes: number
}

/** Whether the oldest ended batch has to go, `total` being all ended ones together with it. */
export function isOverdue(
  oldest: Kept,
  total: { readonly batches: number; readonly bytes: number },
  retention: Retention,
  now: number,
): boolean {
  return total.batches > retention.batches || total.bytes > retention.bytes || oldest.endedAt + retention.ageMs <= now
}
