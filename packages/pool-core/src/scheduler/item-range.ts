import type { ExitCause } from '../base/errors.ts'

/** Items that arrived together. */
export interface Block {
  /** Counted from 0 in order of arrival. */
  readonly number: number
  /** Index of its first item in the batch. */
  readonly from: number
  readonly count: number
  readonly bytes: number
  /** Which run the first one here is: above 1 where its one item ran before a restart. */
  readonly attempt: number
  /** Items cut into shards so far; those from here on are fresh. */
  cut: number
  /** Items that have not settled. At 0 the block is released. */
  unsettled: number
  /** The next block with fresh items. */
  next: Block | null
}

/** A slice of one block, and how its items have fared so far. All of its items have fared alike. */
export interface ItemRange {
  readonly block: Block
  offset: number
  count: number
  /** Which run the next one is: 1 for the first. Lost workers do not count. */
  readonly attempt: number
  /** A worker was lost while it ran these: they run with nothing behind them, so that the next loss is theirs. */
  readonly suspect: boolean
  /** A worker yielded before the first item was done: the next one runs without a limit, so that there is progress. */
  readonly patient: boolean
  /** One of these may run for longer than it may: they are handed out one by one, each with nothing behind it, so that it shows which. */
  readonly single: boolean
}

/** Whether a worker must hold this and nothing else, because it may end it. */
export function isAlone(range: ItemRange): boolean {
  return range.suspect || range.single
}

/** What went wrong with one item that has not settled yet. */
export interface ItemLog {
  /** Opaque errors of the runs that threw. */
  readonly errors: unknown[]
  /** How workers ended that held this item alone. */
  readonly exits: ExitCause[]
}
