import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueueIndex } from './queue-order.ts'
import type { QueueOrder } from './queue-order.ts'

const CAPACITY = 6

/** What each order means, on a plain array of slots. */
const models: Readonly<Record<QueueOrder, (slots: number[], priorities: readonly number[]) => number>> = {
  fifo: (slots) => slots.shift() ?? -1,
  lifo: (slots) => slots.pop() ?? -1,
  priority: (slots, priorities) => {
    const least = Math.min(...slots.map((slot) => priorities[slot] ?? 0))
    return (
      slots.splice(
        slots.findIndex((slot) => priorities[slot] === least),
        1,
      )[0] ?? -1
    )
  },
}

test.each(['fifo', 'lifo', 'priority'] as const)('%s: comes out as in the model, and a rebuilt index goes on the same', (order) => {
  const step = fc.oneof(fc.record({ put: fc.integer({ min: -2, max: 2 }) }), fc.constant('take' as const), fc.constant('rebuild' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, firstTicket) => {
      const priorities: number[] = []
      const tickets: number[] = []
      const index = new QueueIndex(new Int32Array(CAPACITY + 2), order, (slot) => ({
        priority: priorities[slot] ?? 0,
        ticket: tickets[slot] ?? 0,
      }))
      const model: number[] = []
      let ticket = firstTicket
      for (const one of steps) {
        if (one === 'rebuild') index.rebuild([...model].reverse())
        else if (one === 'take') {
          if (model.length > 0) expect(index.pop()).toBe(models[order](model, priorities))
        } else if (model.length < CAPACITY) {
          const slot = Array.from({ length: CAPACITY }, (_, at) => at).find((at) => !model.includes(at)) ?? 0
          priorities[slot] = one.put
          // Tickets are 32-bit words and wrap.
          tickets[slot] = ticket = (ticket + 1) | 0
          model.push(slot)
          index.push(slot)
        }
        expect(index.length).toBe(model.length)
      }
    }),
  )
})
