import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Instant } from '../base/clock.ts'
import { FairQueue } from './fair-queue.ts'
import type { FairEntry } from './fair-queue.ts'
import type { SessionId } from './ids.ts'
import type { LinkedList } from './linked-list.ts'

class Entry implements FairEntry<Entry> {
  list: LinkedList<Entry> | null = null
  next: Entry | null = null
  previous: Entry | null = null
  readonly name: string
  readonly session: SessionId
  readonly priority: number
  readonly weight: number

  constructor(name: string, session: string, priority = 0, weight = 1) {
    this.name = name
    this.session = session as SessionId
    this.priority = priority
    this.weight = weight
  }
}

const START = 0 as Instant

/** The names of the next `turns` entries, a turn every `everyMs`. */
function serve(queue: FairQueue<Entry>, turns: number, everyMs = 0, from = 0): string[] {
  return Array.from({ length: turns }, (_, i) => {
    const now = (from + i * everyMs) as Instant
    const entry = queue.peek(now)
    if (entry === undefined) return '-'
    queue.served(entry, now)
    return entry.name
  })
}

function filled(...entries: readonly Entry[]): FairQueue<Entry> {
  const queue = new FairQueue<Entry>(1_000)
  for (const entry of entries) queue.add(entry, START)
  return queue
}

test('sessions take turns, then the entries within a session', () => {
  const queue = filled(new Entry('a1', 'a'), new Entry('a2', 'a'), new Entry('a3', 'a'), new Entry('b1', 'b'))
  expect(serve(queue, 8)).toEqual(['a1', 'b1', 'a2', 'b1', 'a3', 'b1', 'a1', 'b1'])
})

test('a higher priority goes first while it has something', () => {
  const high = new Entry('high', 'a', 5)
  const queue = filled(new Entry('low', 'b', -3), high, new Entry('middle', 'c'))
  expect(serve(queue, 3)).toEqual(['high', 'high', 'high'])
  queue.remove(high)
  expect(serve(queue, 2)).toEqual(['middle', 'middle'])
})

test('addFirst goes before the entries of its session, and overtakes no other session', () => {
  const queue = filled(new Entry('a1', 'a'), new Entry('b1', 'b'))
  queue.addFirst(new Entry('b0', 'b'), START)
  expect(serve(queue, 4)).toEqual(['a1', 'b0', 'a1', 'b1'])
})

test('ageing: a level gets one turn in ageingMs for each step of priority that it is below', () => {
  const turns = serve(filled(new Entry('high', 'a', 3), new Entry('low', 'b', 0)), 30_000, 1)
  const low = turns.filter((name) => name === 'low').length
  // 30 s, one turn in a little more than 3 s, for the high one ages too while the low one has its turn.
  expect(low).toBe(9)
  expect(turns.indexOf('low')).toBeGreaterThan(2_990)
  expect(turns.indexOf('low')).toBeLessThan(3_010)
})

test('a level that has just got its first entry has not aged', () => {
  const queue = filled(new Entry('high', 'a', 10))
  serve(queue, 100, 1_000)
  const low = new Entry('low', 'b', -10)
  queue.add(low, 100_000 as Instant)
  expect(serve(queue, 19, 1_000, 100_000)).not.toContain('low')
  queue.remove(low)
  queue.add(low, 119_000 as Instant)
  expect(serve(queue, 19, 1_000, 119_000)).not.toContain('low')
})

test('nobody starves: every entry has its turn within the bound, whatever the priorities', () => {
  const shape = fc.record({ session: fc.constantFrom('a', 'b', 'c'), priority: fc.integer({ min: -10, max: 10 }) })
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 12 }), (shapes) => {
      const entries = shapes.map(({ session, priority }, i) => new Entry(String(i), session, priority))
      const levels = new Set(entries.map(({ priority }) => priority)).size
      // One level is served at least once in 20 s and a turn of each other level; within it every session and entry in turn.
      const turns = (entries.length + 1) * (200 + levels)
      const served = new Set(serve(filled(...entries), turns, 100))
      expect(served.size).toBe(entries.length)
    }),
    { numRuns: 50 },
  )
})

test('weightUpTo counts no further than it is asked', () => {
  const queue = filled(...Array.from({ length: 5 }, (_, i) => new Entry(String(i), 'a', i)))
  let asked = 0
  const weigh = (): number => {
    asked++
    return 2
  }
  expect(queue.weightUpTo(5, weigh)).toBe(5)
  expect(asked).toBe(0)
  expect(queue.weightUpTo(7, weigh)).toBe(7)
  expect(asked).toBe(4)
  expect(queue.weightUpTo(100, weigh)).toBe(10)
})

test('adding and taking out, in any order, keeps the length and loses nobody', () => {
  const move = fc.record({
    remove: fc.boolean(),
    pick: fc.nat(),
    session: fc.constantFrom('a', 'b'),
    priority: fc.integer({ min: -1, max: 1 }),
  })
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const queue = new FairQueue<Entry>(1_000)
      const inside: Entry[] = []
      for (const [i, one] of moves.entries()) {
        if (one.remove && inside.length > 0) queue.remove(inside.splice(one.pick % inside.length, 1)[0]!)
        else {
          const entry = new Entry(String(i), one.session, one.priority)
          if (one.pick % 2 === 0) queue.add(entry, START)
          else queue.addFirst(entry, START)
          inside.push(entry)
        }
        expect(queue.length).toBe(inside.length)
        expect(new Set(queue)).toEqual(new Set(inside))
        const next = queue.peek(START)
        expect(next?.priority).toBe(inside.length === 0 ? undefined : Math.max(...inside.map(({ priority }) => priority)))
      }
    }),
  )
})
