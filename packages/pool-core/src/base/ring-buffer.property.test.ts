import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RingBuffer } from './ring-buffer.ts'

type Move = { readonly kind: 'push' | 'unshift'; readonly value: number } | { readonly kind: 'shift' | 'peek' | 'clear' }

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('push' as const, 'unshift' as const), value: fc.integer() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('shift' as const, 'peek' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
)

test('behaves as an array does, whatever is done to it', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
      const buffer = new RingBuffer<number>()
      const model: number[] = []
      for (const one of moves) {
        if (one.kind === 'push') {
          buffer.push(one.value)
          model.push(one.value)
        } else if (one.kind === 'unshift') {
          buffer.unshift(one.value)
          model.unshift(one.value)
        } else if (one.kind === 'shift') {
          expect(buffer.shift()).toBe(model.shift())
        } else if (one.kind === 'peek') {
          expect(buffer.peek()).toBe(model[0])
        } else {
          buffer.clear()
          model.length = 0
        }
        expect(buffer.length).toBe(model.length)
        expect([...buffer]).toEqual(model)
      }
    }),
  )
})

test('keeps the order while it grows around its end', () => {
  const buffer = new RingBuffer<number>()
  for (let i = 0; i < 6; i++) buffer.push(i)
  for (let i = 0; i < 5; i++) buffer.shift()
  for (let i = 6; i < 30; i++) buffer.push(i)
  expect([...buffer]).toEqual(Array.from({ length: 25 }, (_, i) => i + 5))
})

test('is empty at first', () => {
  const buffer = new RingBuffer<string>()
  expect(buffer.length).toBe(0)
  expect(buffer.shift()).toBeUndefined()
  expect(buffer.peek()).toBeUndefined()
})
