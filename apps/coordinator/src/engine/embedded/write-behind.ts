import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { OpenEntry } from './open-entry.ts'

/**
 * Items whose results are not recorded when they have waited so long are written: then their tasks take so long that the disk does not matter. A window of
 * items that goes through a busy coordinator has its results sooner.
 */
const BEHIND_MS = 50

/** The record of a batch waits so long at most for its first result: most batches of short tasks then need one commit less. */
const OPEN_MS = 10

export interface WriteBehindParts {
  readonly clock: Clock
  /** Open batches. */
  readonly entries: () => Iterable<OpenEntry>
  /** Writes what waits of one. */
  readonly flush: (entry: OpenEntry) => Promise<void>
}

/** Sees to it that no record of a batch waits longer than `OPEN_MS`, and no item much longer than `BEHIND_MS`, twice that at most, while the disk takes it. */
export class WriteBehind {
  readonly #parts: WriteBehindParts
  #cancel: Cancel | undefined
  #cancelOpens: Cancel | undefined

  constructor(parts: WriteBehindParts) {
    this.#parts = parts
  }

  /** The record of a batch waits. */
  opened(): void {
    const { clock } = this.#parts
    this.#cancelOpens ??= clock.schedule(after(clock.now(), OPEN_MS), () => this.#writeOpens())
  }

  /** Items have come, or the end of them. */
  added(): void {
    const { clock } = this.#parts
    this.#cancel ??= clock.schedule(after(clock.now(), BEHIND_MS), () => this.#look(), { unref: true })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#cancelOpens?.()
    this.#writeOpens()
  }

  #writeOpens(): void {
    this.#cancelOpens = undefined
    for (const { writeOpen } of this.#parts.entries()) writeOpen?.()
  }

  #look(): void {
    const { clock, entries, flush } = this.#parts
    this.#cancel = undefined
    const due = after(clock.now(), -BEHIND_MS)
    for (const entry of entries()) {
      const since = entry.behind?.waitingSince ?? (entry.isEndBehind ? due : undefined)
      if (since === undefined) continue
      this.added()
      // What the disk does not take waits on: it is tried again, and nothing was said of it.
      if (since <= due) flush(entry).catch(() => undefined)
    }
  }
}
