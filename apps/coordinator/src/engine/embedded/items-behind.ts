import type { Instant, Interval } from '@forkpool/pool-core/base'
import { IntervalSet, RingBuffer } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes, sliceBlock } from '@forkpool/pool-core/protocol'
import type { StoredItems } from '../engine.ts'

/** What came of a batch at one time. */
interface WaitingBlock extends StoredItems {
  readonly since: Instant
}

/**
 * Items of one open batch that came and are not on the disk. Most never will be: of a task whose result is recorded nothing else is needed.
 *
 * Invariant, after each commit: of the items before the last one that is on the disk, or has its result there, each one is, or has. So what is stored is a
 * beginning of the batch. It holds because a commit takes along the items before its results. This changes only while a commit is put together, and
 * when it is made or has failed; commits are made one after the other.
 */
export class ItemsBehind {
  readonly #blocks = new RingBuffer<WaitingBlock>()
  /** Tasks whose item or whose result is on the disk, or in the commit that is being made. */
  readonly #kept = new IntervalSet()
  /** After the last task of which a commit had a result. */
  #reach = 0
  #bytes = 0

  /** The next items of the batch, from index `from` on. */
  add(from: number, items: ItemBlock, since: Instant): void {
    if (items.count === 0) return
    this.#blocks.push({ from, items, since })
    this.#bytes += blockBytes(items)
  }

  /** Bytes of the blocks that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Since when the first of them waits; undefined: none does. */
  get waitingSince(): Instant | undefined {
    return this.#blocks.peek()?.since
  }

  /** Tasks from `from` to `to - 1` have their results in the commit. Those of them that were not kept before, for `undo`. */
  settle(from: number, to: number): readonly Interval[] {
    this.reach(to)
    return this.#keep(from, to)
  }

  /** The commit has something of the tasks before `to`. */
  reach(to: number): void {
    this.#reach = Math.max(this.#reach, to)
  }

  /**
   * Items before index `to` that are neither stored nor have a result, and so must go into the commit; by default of all that it reaches. They count as
   * kept from now on.
   */
  take(to: number = this.#reach): readonly StoredItems[] {
    const first = this.#blocks.peek()
    if (first === undefined || this.#kept.missing(first.from, to).length === 0) return []
    const missing: StoredItems[] = []
    for (const { from, items } of this.#blocks) {
      if (from >= to) break
      for (const part of this.#keep(from, Math.min(to, from + items.count)))
        missing.push({ from: part.from, items: sliceBlock(items, part.from - from, part.to - part.from) })
    }
    return missing
  }

  /** The commit failed of which these were a part. */
  undo(parts: readonly Interval[]): void {
    for (const { from, to } of parts) this.#kept.removeIfPresent(from, to)
  }

  /** The commit is made: blocks leave, in order, that need not wait any more. The sum of their bytes. */
  committed(): number {
    const before = this.#bytes
    for (let first = this.#blocks.peek(); first !== undefined; first = this.#blocks.peek()) {
      const { from, items } = first
      if (this.#kept.missing(from, from + items.count).length > 0) break
      this.#bytes -= blockBytes(items)
      this.#blocks.shift()
    }
    return before - this.#bytes
  }

  #keep(from: number, to: number): readonly Interval[] {
    const parts = this.#kept.missing(from, to)
    for (const part of parts) this.#kept.addIfAbsent(part.from, part.to)
    return parts
  }
}
