import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LinkedList } from './linked-list.ts'
import type { Linked } from './linked-list.ts'

class Node implements Linked<Node> {
  list: LinkedList<Node> | null = null
  next: Node | null = null
  previous: Node | null = null
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

type Move = { readonly kind: 'pushFirst' | 'pushLast' | 'remove'; readonly value: number } | { readonly kind: 'rotate' }

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('pushFirst' as const, 'pushLast' as const), value: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), value: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rotate' as const) }) },
)

test('behaves as an array does, whatever is done to it', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 100 }), (moves) => {
      const list = new LinkedList<Node>()
      const model: Node[] = []
      for (const one of moves) {
        if (one.kind === 'pushFirst' || one.kind === 'pushLast') {
          const node = new Node(one.value)
          list[one.kind](node)
          model[one.kind === 'pushFirst' ? 'unshift' : 'push'](node)
        } else if (one.kind === 'rotate') {
          list.rotate()
          const first = model.shift()
          if (first !== undefined) model.push(first)
        } else if (model.length > 0) {
          const [node] = model.splice(one.value % model.length, 1)
          list.remove(node!)
          expect([node!.list, node!.next, node!.previous]).toEqual([null, null, null])
        }
        expect(list.length).toBe(model.length)
        expect([...list]).toEqual(model)
        expect([list.first, list.last]).toEqual([model[0] ?? null, model.at(-1) ?? null])
        for (const [i, node] of model.entries()) expect([node.list, node.previous]).toEqual([list, model[i - 1] ?? null])
      }
    }),
    { numRuns: 60 },
  )
})
