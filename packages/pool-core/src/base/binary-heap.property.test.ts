import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BinaryHeap } from './binary-heap.ts'

type Move =
  | { readonly kind: 'push'; readonly value: number }
  | { readonly kind: 'pop' }
  | { readonly kind: 'drop'; readonly divisor: number }

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('push' as const), value: fc.integer({ min: -20, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), divisor: fc.integer({ min: 2, max: 5 }) }) },
)

test('gives the least of what is in it, as a sorted array does', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
      const heap = new BinaryHeap<number>((a, b) => a < b)
      let model: number[] = []
      for (const one of moves) {
        if (one.kind === 'push') {
          heap.push(one.value)
          model.push(one.value)
          model.sort((a, b) => a - b)
        } else if (one.kind === 'pop') {
          expect(heap.pop()).toBe(model.shift())
        } else {
          const { divisor } = one
          heap.removeWhere((value) => value % divisor === 0)
          model = model.filter((value) => value % divisor !== 0)
        }
        expect(heap.length).toBe(model.length)
        expect(heap.peek()).toBe(model[0])
      }
    }),
  )
})

test('sorts', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
      const heap = new BinaryHeap<number>((a, b) => a < b)
      for (const value of values) heap.push(value)
      const sorted: number[] = []
      for (let value = heap.pop(); value !== undefined; value = heap.pop()) sorted.push(value)
      for (let i = 1; i < sorted.length; i++) expect(sorted[i - 1]).toBeLessThanOrEqual(sorted[i] as number)
      expect(sorted).toHaveLength(values.length)
    }),
  )
})

test('keeps values that are equal in rank, each once', () => {
  const heap = new BinaryHeap<{ readonly rank: number; readonly name: string }>((a, b) => a.rank < b.rank)
  for (const name of ['a', 'b', 'c', 'd']) heap.push({ rank: 1, name })
  const names = Array.from({ length: 4 }, () => heap.pop()?.name)
  expect(new Set(names)).toEqual(new Set(['a', 'b', 'c', 'd']))
  expect(heap.pop()).toBeUndefined()
})
