import type { Clock, ForkpoolError } from '../base/index.ts'
import type { ItemBlock } from '../protocol/index.ts'

/**
 * What an item source has to give: a block of 1 item or more (`end`: the last); nothing yet (`wait`: `ready` will be called); nothing that
 * small (`full`: the next item needs more bytes); nothing any more; or what the input iterable threw, after which there is nothing either.
 */
export type Taken =
  | { readonly kind: 'block'; readonly block: ItemBlock; readonly end: boolean }
  | { readonly kind: 'wait' }
  | { readonly kind: 'full' }
  | { readonly kind: 'end' }
  | { readonly kind: 'threw'; readonly error: unknown }

/** The items of one batch, encoded as they are asked for: an input is never read further than was asked. */
export interface ItemSource {
  /** Number of items, where it is known before they are read. */
  readonly total: number | undefined
  /** The next block: at most `itemsMax` items and `bytesMax` bytes. */
  take(itemsMax: number, bytesMax: number): Taken
  /** No further item is wanted: tells the input iterator (`return`). */
  stop(): void
}

export interface ItemSourceOptions {
  /** Largest item that can be sent, encoded, bytes. */
  readonly itemBytesMax: number
  /** The item with this index of the input cannot be sent. It is left out of the blocks. */
  readonly unsendable: (index: number, error: ForkpoolError) => void
  /** After a `wait`: it pays to ask again. */
  readonly ready: () => void
  readonly clock: Clock
  /** Whether buffers can stand beside items. */
  readonly attaches?: boolean | undefined
}

/** Most items in one block of numbers, which is one block of `BLOCK_BYTES`. */
export const BLOCK_ITEMS = 65_536
