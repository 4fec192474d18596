import type { Interval } from '@forkpool/pool-core/base'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { GivenUp, RecordedRange } from '../engine.ts'
import type { EndValue } from './changes.ts'
import { endChanges, footprint, inputEndChange, itemsChanges } from './changes.ts'
import type { LateChanges } from './group-commit.ts'
import type { ItemsBehind } from './items-behind.ts'
import type { OpenEntry } from './open-entry.ts'
import type { Change } from './store.ts'

/** What a commit does to the account of bytes. */
export type Grow = (entry: OpenEntry, bytes: number) => void

/** Items of one batch that go with a commit of its results, or by themselves. */
class ItemsAlong {
  readonly #entry: OpenEntry
  readonly #behind: ItemsBehind
  readonly #grow: Grow
  readonly #kept: Interval[] = []
  #bytes = 0

  constructor(entry: OpenEntry, behind: ItemsBehind, grow: Grow) {
    this.#entry = entry
    this.#behind = behind
    this.#grow = grow
  }

  /** The commit has these results. Items of tasks that failed are wanted beside them. */
  settle(ranges: readonly RecordedRange[]): void {
    for (const { from, count, failures } of ranges) {
      if (failures.length === 0) this.#kept.push(...this.#behind.settle(from, from + count))
      else this.#behind.reach(from + count)
    }
  }

  /** Changes that store the items before index `to`; by default those on which the commit's results stand. */
  take(to?: number): readonly Change[] {
    const changes: Change[] = []
    for (const { from, items } of this.#behind.take(to)) {
      this.#kept.push({ from, to: from + items.count })
      changes.push(...itemsChanges(this.#entry.batch.id, from, items))
    }
    this.#hold(footprint(changes))
    this.#entry.keepItemKeys(changes.map(({ key }) => key))
    return changes
  }

  ended(isMade: boolean): void {
    if (isMade) this.#grow(this.#entry, -this.#behind.committed())
    else {
      this.#behind.undo(this.#kept)
      this.#hold(-this.#bytes)
    }
  }

  #hold(bytes: number): void {
    this.#bytes += bytes
    this.#entry.itemBytes += bytes
    this.#grow(this.#entry, bytes)
  }
}

/** How a batch is ended. */
export interface Closing {
  readonly summary: BatchSummary
  readonly givenUp: GivenUp | undefined
  /** Wall clock, milliseconds since 1970. */
  readonly at: number
  /** Keys that nobody needs after the end. */
  readonly gone: (itemsKept: boolean) => readonly Uint8Array[]
}

/** A commit of results: items of earlier tasks go along, and with the last results the end, which is written as it stands then. */
export class RecordCommit implements LateChanges {
  readonly #entry: OpenEntry
  readonly #ranges: readonly RecordedRange[]
  readonly #closing: Closing | undefined
  readonly #along: ItemsAlong | undefined
  /** The end as it is written. */
  end: EndValue | undefined

  constructor(entry: OpenEntry, ranges: readonly RecordedRange[], closing: Closing | undefined, grow: Grow) {
    this.#entry = entry
    this.#ranges = ranges
    this.#closing = closing
    this.#along = entry.behind === undefined ? undefined : new ItemsAlong(entry, entry.behind, grow)
  }

  begin(): void {
    this.#along?.settle(this.#ranges)
    if (this.#closing !== undefined) this.#entry.isOver = true
  }

  changes(): readonly Change[] {
    const entry = this.#entry
    if (this.#closing === undefined) return entry.isOver ? [] : (this.#along?.take() ?? [])
    const { account, batch } = entry
    const { summary, givenUp, at, gone } = this.#closing
    const itemsKept = account.failed + account.quarantined > 0
    const items = itemsKept ? this.#along?.take() : undefined
    const bytes = entry.bytes - (itemsKept ? 0 : entry.itemBytes) - (entry.behind?.bytes ?? 0)
    const end = { summary, at, ledger: account.entry(), bytes, itemsKept }
    this.end = givenUp === undefined ? end : { ...end, givenUp }
    return [...(items ?? []), ...endChanges(batch.id, this.end, gone(itemsKept))]
  }

  ended(isMade: boolean): void {
    this.#along?.ended(isMade)
    if (!isMade && this.#closing !== undefined) this.#entry.isOver = false
  }
}

/** A commit of items without results of theirs. */
export class ItemsCommit implements LateChanges {
  readonly #entry: OpenEntry
  readonly #along: ItemsAlong
  readonly #to: number | undefined
  #endsInput = false

  /** @param to the index after the last item that is wanted; undefined: all that wait, and the end of the input. */
  constructor(entry: OpenEntry, behind: ItemsBehind, grow: Grow, to?: number) {
    this.#entry = entry
    this.#along = new ItemsAlong(entry, behind, grow)
    this.#to = to
  }

  begin(): void {}

  changes(): readonly Change[] {
    const { account, batch, isEndBehind, isOver } = this.#entry
    if (isOver) return []
    const items = this.#along.take(this.#to ?? account.submitted)
    this.#endsInput = this.#to === undefined && isEndBehind
    return this.#endsInput ? [...items, inputEndChange(batch.id)] : items
  }

  ended(isMade: boolean): void {
    this.#along.ended(isMade)
    if (isMade && this.#endsInput) this.#entry.isInputEndKept = true
  }
}
