import type { Instant } from '../base/clock.ts'
import type { SessionId } from './ids.ts'
import { LinkedList } from './linked-list.ts'
import type { Linked } from './linked-list.ts'

export const PRIORITY_MIN = -10
export const PRIORITY_MAX = 10

export interface FairEntry<Entry extends FairEntry<Entry>> extends Linked<Entry> {
  readonly session: SessionId
  /** A whole number from `PRIORITY_MIN` to `PRIORITY_MAX`. */
  readonly priority: number
}

/** The entries of one session at one level. */
class SessionLine<Entry extends FairEntry<Entry>> extends LinkedList<Entry> implements Linked<SessionLine<Entry>> {
  list: LinkedList<SessionLine<Entry>> | null = null
  next: SessionLine<Entry> | null = null
  previous: SessionLine<Entry> | null = null
  readonly session: SessionId

  constructor(session: SessionId) {
    super()
    this.session = session
  }
}

/** The entries of one priority. */
class Level<Entry extends FairEntry<Entry>> {
  readonly priority: number
  readonly lines: LinkedList<SessionLine<Entry>> = new LinkedList()
  readonly bySession: Map<SessionId, SessionLine<Entry>> = new Map()
  /** When the level was last served, or got its first entry, whichever is later. */
  waitingSince: Instant

  constructor(priority: number, now: Instant) {
    this.priority = priority
    this.waitingSince = now
  }
}

/**
 * Who is served next: the higher priority first, within a priority the sessions in turn, within a session its entries in turn.
 *
 * Ageing: a level that has not been served for `ageingMs` counts as one priority higher, after twice that as two, and falls back to
 * its own when it is served. So a level waits at most `ageingMs` × 20 plus one turn of each other level, and while a higher
 * level has work without end, a lower one gets one turn in `ageingMs` × their difference: low priority starves never, and costs
 * the high one little. Everything is O(1): there are 21 levels at most. The fairness argument is in README.md.
 */
export class FairQueue<Entry extends FairEntry<Entry>> {
  readonly #ageingMs: number
  readonly #levels: (Level<Entry> | undefined)[] = []
  /** Levels with entries. */
  readonly #waiting: Level<Entry>[] = []
  #length = 0

  constructor(ageingMs: number) {
    this.#ageingMs = ageingMs
  }

  get length(): number {
    return this.#length
  }

  /** Adds behind the entries of its session. */
  add(entry: Entry, now: Instant): void {
    this.#lineOf(entry, now).pushLast(entry)
    this.#length++
  }

  /** Adds before the entries of its session. */
  addFirst(entry: Entry, now: Instant): void {
    this.#lineOf(entry, now).pushFirst(entry)
    this.#length++
  }

  /** Takes out an entry of this queue. */
  remove(entry: Entry): void {
    const line = entry.list as SessionLine<Entry>
    line.remove(entry)
    this.#length--
    if (line.length > 0) return
    const level = this.#levels[entry.priority - PRIORITY_MIN] as Level<Entry>
    level.lines.remove(line)
    level.bySession.delete(line.session)
    if (level.lines.length === 0) this.#waiting.splice(this.#waiting.indexOf(level), 1)
  }

  /** Whose turn it is; it stays in the queue. */
  peek(now: Instant): Entry | undefined {
    let best = this.#waiting[0]
    if (best === undefined) return undefined
    let bestRank = this.#rank(best, now)
    for (let i = 1; i < this.#waiting.length; i++) {
      const level = this.#waiting[i] as Level<Entry>
      const rank = this.#rank(level, now)
      if (rank > bestRank || (rank === bestRank && level.priority > best.priority)) {
        best = level
        bestRank = rank
      }
    }
    return best.lines.first?.first ?? undefined
  }

  /** The entry that `peek` gave had its turn: its session and it go behind the others. */
  served(entry: Entry, now: Instant): void {
    const level = this.#levels[entry.priority - PRIORITY_MIN] as Level<Entry>
    level.waitingSince = now
    ;(entry.list as SessionLine<Entry>).rotate()
    level.lines.rotate()
  }

  /**
   * The sum of `weigh` over the entries, counted no further than to `limit`; each entry must weigh 1 or more. O(limit), and O(1) where
   * there are at least `limit` entries.
   */
  weightUpTo(limit: number, weigh: (entry: Entry) => number): number {
    if (this.#length >= limit) return limit
    let sum = 0
    for (const level of this.#waiting) {
      for (let line = level.lines.first; line !== null; line = line.next) {
        for (let entry = line.first; entry !== null; entry = entry.next) {
          sum += weigh(entry)
          if (sum >= limit) return limit
        }
      }
    }
    return sum
  }

  *[Symbol.iterator](): IterableIterator<Entry> {
    for (const level of this.#waiting) for (const line of level.lines) yield* line
  }

  #rank(level: Level<Entry>, now: Instant): number {
    return level.priority + (now - level.waitingSince) / this.#ageingMs
  }

  #lineOf(entry: Entry, now: Instant): SessionLine<Entry> {
    const level = (this.#levels[entry.priority - PRIORITY_MIN] ??= new Level<Entry>(entry.priority, now))
    if (level.lines.length === 0) {
      level.waitingSince = now
      this.#waiting.push(level)
    }
    let line = level.bySession.get(entry.session)
    if (line === undefined) {
      line = new SessionLine<Entry>(entry.session)
      level.bySession.set(entry.session, line)
      level.lines.pushLast(line)
    }
    return line
  }
}
