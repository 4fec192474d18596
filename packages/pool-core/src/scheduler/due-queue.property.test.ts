import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Instant } from '../base/clock.ts'
import { DueQueue } from './due-queue.ts'
import type { Due } from './due-queue.ts'

test('gives back what was not dropped, by time and then in order of arrival, and stores little beside it', () => {
  const moves = fc.array(fc.record({ at: fc.nat({ max: 20 }), drop: fc.option(fc.nat()) }), { maxLength: 400 })
  fc.assert(
    fc.property(moves, fc.nat({ max: 20 }), (list, now) => {
      const queue = new DueQueue<Due>()
      let alive: Due[] = []
      for (const { at, drop } of list) {
        const entry = { at: at as Instant, sequence: queue.nextSequence(), dropped: false }
        queue.add(entry)
        alive.push(entry)
        const doomed = drop === null ? undefined : alive[drop % alive.length]
        if (doomed !== undefined) {
          queue.drop(doomed)
          alive = alive.filter((one) => one !== doomed)
        }
        expect(queue.stored).toBeLessThanOrEqual(2 * alive.length + 66)
      }
      const due = alive.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at || a.sequence - b.sequence)
      expect(queue.nextAt()).toBe(alive.length === 0 ? undefined : Math.min(...alive.map(({ at }) => at)))
      const taken: Due[] = []
      for (let entry = queue.takeDue(now as Instant); entry !== undefined; entry = queue.takeDue(now as Instant)) taken.push(entry)
      expect(taken).toEqual(due)
    }),
  )
})
