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

/** Sees to it that no record of a batch waits longer than `OPEN_MS`, and no item much longer than `BEHIND_MS`, twice that at most, while the disk takes it. */
export class WriteBehind {
  readonly #clock: Clock
  readonly #flush: (entry: OpenEntry) => Promise<void>
  /** Batches whose record waits, or did since the last look. */
  #opened: OpenEntry[] = []
  /** Batches of which something else waits, or did since the last look. */
  readonly #behind = new Set<OpenEntry>()
  #cancelOpens: Cancel | undefined
  #cancelLook: Cancel | undefined

  /** @param flush writes what waits of a batch. */
  constructor(clock: Clock, flush: (entry: OpenEntry) => Promise<void>) {
    this.#clock = clock
    this.#flush = flush
  }

  /** The record of a batch waits. */
  opened(entry: OpenEntry): void {
    this.#opened.push(entry)
    this.#cancelOpens ??= this.#clock.schedule(after(this.#clock.now(), OPEN_MS), () => this.#writeOpens())
  }

  /** Items of a batch have come, or the end of them. */
  added(entry: OpenEntry): void {
    this.#behind.add(entry)
    this.#cancelLook ??= this.#clock.schedule(after(this.#clock.now(), BEHIND_MS), () => this.#look(), { unref: true })
  }

  /** Writes the records that wait, and looks no more. */
  stop(): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
    this.#cancelOpens?.()
    this.#writeOpens()
  }

  #writeOpens(): void {
    this.#cancelOpens = undefined
    const opened = this.#opened
    this.#opened = []
    for (const { writeOpen } of opened) writeOpen?.()
  }

  #look(): void {
    this.#cancelLook = undefined
    const due = after(this.#clock.now(), -BEHIND_MS)
    for (const entry of this.#behind) {
      const since = entry.behind?.waitingSince ?? (entry.isEndBehind ? due : undefined)
      if (since === undefined || entry.isOver) {
        this.#behind.delete(entry)
        continue
      }
      this.added(entry)
      // What the disk does not take waits on: it is tried again, and nothing was said of it.
      if (since <= due) this.#flush(entry).catch(() => undefined)
    }
  }
}
