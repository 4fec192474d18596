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
  /** Share of its session beside the others of its priority, above 0; the same for all entries of a session. */
  readonly weight: number
}

/** The entries of one session at one level. One without entries stands there only until its debt is paid. */
class SessionLine<Entry extends FairEntry<Entry>> extends LinkedList<Entry> implements Linked<SessionLine<Entry>> {
  list: LinkedList<SessionLine<Entry>> | null = null
  next: SessionLine<Entry> | null = null
  previous: SessionLine<Entry> | null = null
  readonly session: SessionId
  weight: number
  /** Turns that it may still take in this round; at 0 or below it waits for the next. */
  credit: number

  constructor(session: SessionId, weight: number) {
    super()
    this.session = session
    this.weight = weight
    this.credit = weight
  }
}

/** The entries of one priority. */
class Level<Entry extends FairEntry<Entry>> {
  readonly priority: number
  /** Entries of all lines. */
  entries = 0
  /** In the order of the round: the first has its turn. */
  readonly lines: LinkedList<SessionLine<Entry>> = new LinkedList()
  readonly bySession: Map<SessionId, SessionLine<Entry>> = new Map()
  /** When the level was last served, or got its first entry, whichever is later. */
  waitingSince: Instant

  constructor(priority: number, now: Instant) {
    this.priority = priority
    this.waitingSince = now
  }

  /** The line whose turn it is. There must be an entry. */
  turn(): SessionLine<Entry> {
    for (;;) {
      for (let looked = this.lines.length; looked > 0; looked--) {
        const line = this.lines.first as SessionLine<Entry>
        if (line.credit > 0 && line.length > 0) return line
        if (line.credit <= 0) line.credit += line.weight
        this.lines.rotate()
        if (line.credit > 0 && line.length === 0) this.drop(line)
      }
      this.#skipRounds()
    }
  }

  drop(line: SessionLine<Entry>): void {
    this.lines.remove(line)
    this.bySession.delete(line.session)
  }

  /** The rounds in which nobody could be served, all at once: a shard may have been as long as a thousand turns. */
  #skipRounds(): void {
    let rounds = Number.POSITIVE_INFINITY
    for (const { credit, length, weight } of this.lines) {
      if (length > 0) rounds = Math.min(rounds, credit > 0 ? 0 : Math.floor(-credit / weight))
    }
    if (rounds > 0) for (const line of this.lines) if (line.credit <= 0) line.credit += rounds * line.weight
  }
}

/**
 * Who is served next: the higher priority first, within a priority the sessions in turn, within a session its entries in turn.
 *
 * Turns are weighed: what is served takes so many turns as it is expected to run, and a session has `weight` turns in each round; one that
 * took more waits for as many rounds as pay for it, also if it had nothing to do meanwhile while others had. Source: M. Shreedhar and
 * G. Varghese, "Efficient fair queueing using deficit round robin", 1995, with the debt after the service and not before it, as in surplus
 * round robin (H. Adiseshu, G. Parulkar and G. Varghese, 1996), because the cost of a shard is sure only when it has run.
 *
 * Ageing: a level that has not been served for `ageingMs` counts as one priority higher, after twice that as two, and falls back to
 * its own when it is served. So a level waits at most `ageingMs` × 20 plus one turn of each other level, and while a higher
 * level has work without end, a lower one gets one turn in `ageingMs` × their difference: low priority starves never, and costs
 * the high one little. Everything is O(1) for each turn taken: there are 21 levels at most. The fairness argument is in README.md.
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
    this.#lineFor(entry, now).pushLast(entry)
    this.#length++
  }

  /** Adds before the entries of its session. */
  addFirst(entry: Entry, now: Instant): void {
    this.#lineFor(entry, now).pushFirst(entry)
    this.#length++
  }

  /** Takes out an entry of this queue. */
  remove(entry: Entry): void {
    const line = entry.list as SessionLine<Entry>
    const level = this.#levels[entry.priority - PRIORITY_MIN] as Level<Entry>
    line.remove(entry)
    level.entries--
    this.#length--
    if (line.length === 0 && line.credit > 0) level.drop(line)
    if (level.entries > 0) return
    this.#waiting.splice(this.#waiting.indexOf(level), 1)
    // Nobody waits any more, so nobody has waited for what a debtor took.
    for (let one = level.lines.first; one !== null; one = level.lines.first) level.drop(one)
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
    return best.turn().first ?? undefined
  }

  /** The entry that `peek` gave is served, and takes `turns` of its session's; it goes behind the others of its session. */
  served(entry: Entry, now: Instant, turns = 1): void {
    const level = this.#levels[entry.priority - PRIORITY_MIN] as Level<Entry>
    const line = entry.list as SessionLine<Entry>
    level.waitingSince = now
    line.credit -= turns
    line.rotate()
  }

  /**
   * What was served for this entry, which may have left the queue, has taken `turns` more than it was charged for, or less where that
   * is below 0. Forgotten where nobody of its priority waits.
   */
  correct(entry: Entry, turns: number): void {
    const level = this.#levels[entry.priority - PRIORITY_MIN]
    if (level === undefined || level.entries === 0) return
    let line = level.bySession.get(entry.session)
    if (line === undefined) {
      if (turns < entry.weight) return
      line = addLine(level, entry)
    }
    line.credit = Math.min(line.credit - turns, line.weight)
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

  /** The line that an entry is about to enter. */
  #lineFor(entry: Entry, now: Instant): SessionLine<Entry> {
    const level = (this.#levels[entry.priority - PRIORITY_MIN] ??= new Level<Entry>(entry.priority, now))
    if (level.entries++ === 0) {
      level.waitingSince = now
      this.#waiting.push(level)
    }
    const line = level.bySession.get(entry.session) ?? addLine(level, entry)
    line.weight = entry.weight
    return line
  }
}

/** A line for the entry's session, the last of the round. */
function addLine<Entry extends FairEntry<Entry>>(level: Level<Entry>, { session, weight }: Entry): SessionLine<Entry> {
  const line = new SessionLine<Entry>(session, weight)
  level.bySession.set(session, line)
  level.lines.pushLast(line)
  return line
}
