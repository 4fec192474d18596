import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../testing/fake-clock.ts'
import { blockBytes, decodeItems } from '../../protocol/index.ts'
import type { ItemSource } from '../item-source.ts'
import { openItemSource } from './open-item-source.ts'

const UNSENDABLE = (): void => undefined

const inputs = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.double({ noNaN: true }) }, fc.string({ maxLength: 30 }), fc.constant(UNSENDABLE)),
  {
    maxLength: 50,
  },
)
const asks = fc.array(fc.record({ items: fc.integer({ min: 1, max: 12 }), bytes: fc.integer({ min: 8, max: 300 }) }), {
  minLength: 1,
  maxLength: 9,
})

interface Shape {
  readonly name: string
  readonly open: (values: readonly unknown[], end: () => void) => unknown
}

function* generate(values: readonly unknown[], end: () => void): Generator<unknown> {
  yield* values
  end()
}

const shapes: readonly Shape[] = [
  { name: 'array', open: (values) => values },
  { name: 'iterator', open: generate },
  {
    name: 'async iterator',
    open: async function* (values, end) {
      yield* generate(values, end)
    },
  },
]

interface Read {
  readonly items: unknown[]
  readonly skipped: number[]
  /** Whether the last block said that it was the last, or an `end` followed. */
  readonly isOver: boolean
  readonly thrown: unknown
}

/** Reads a source to its end by such asks, checking every block against its ask. */
async function readAll(input: unknown, sizes: readonly { items: number; bytes: number }[]): Promise<Read> {
  const clock = new FakeClock()
  const skipped: number[] = []
  let wake = (): void => undefined
  const source: ItemSource = openItemSource(input, {
    itemBytesMax: 10_000,
    unsendable: (index) => skipped.push(index),
    ready: () => wake(),
    clock,
  })
  const items: unknown[] = []
  for (let turn = 0; turn < 5000; turn++) {
    // Every so often there is room for anything: a window that never opened again would wait for ever.
    const ask = turn % 4 === 3 ? { items: 12, bytes: 300 } : (sizes[turn % sizes.length] as { items: number; bytes: number })
    const ready = new Promise<void>((resolve) => (wake = resolve))
    const taken = source.take(ask.items, ask.bytes)
    if (taken.kind === 'end') return { items, skipped, isOver: true, thrown: undefined }
    if (taken.kind === 'threw') return { items, skipped, isOver: true, thrown: taken.error }
    if (taken.kind === 'wait') await ready
    if (taken.kind !== 'block') continue
    expect(taken.block.count).toBeGreaterThan(0)
    expect(taken.block.count).toBeLessThanOrEqual(ask.items)
    expect(blockBytes(taken.block)).toBeLessThanOrEqual(ask.bytes)
    items.push(...decodeItems(taken.block))
    if (taken.end) return { items, skipped, isOver: true, thrown: undefined }
  }
  return { items, skipped, isOver: false, thrown: undefined }
}

test.each(shapes)(
  '$name: every item comes once, in order, within what was asked; those that cannot be sent are named',
  async ({ open }) => {
    await fc.assert(
      fc.asyncProperty(inputs, asks, async (values, sizes) => {
        const read = await readAll(
          open(values, () => undefined),
          sizes,
        )
        expect(read.items).toEqual(values.filter((value) => value !== UNSENDABLE))
        expect(read.skipped).toEqual(values.flatMap((value, index) => (value === UNSENDABLE ? [index] : [])))
        expect([read.isOver, read.thrown]).toEqual([true, undefined])
      }),
    )
  },
)

test.each(shapes.slice(1))('$name: what it throws comes after all its items', async ({ open }) => {
  const boom = new Error('boom')
  await fc.assert(
    fc.asyncProperty(inputs, asks, async (values, sizes) => {
      const throws = (): never => {
        throw boom
      }
      const read = await readAll(open(values, throws), sizes)
      expect(read.items).toEqual(values.filter((value) => value !== UNSENDABLE))
      expect(read.thrown).toBe(boom)
    }),
  )
})

test('an iterator is read as far as was asked, and not one item further', () => {
  fc.assert(
    fc.property(fc.boolean(), asks, (isMixed, sizes) => {
      let read = 0
      function* endless(): Generator<unknown> {
        for (;;) yield isMixed && read % 3 === 0 ? `${read++}` : read++
      }
      const source = openItemSource(endless(), {
        itemBytesMax: 10_000,
        unsendable: () => undefined,
        ready: () => undefined,
        clock: new FakeClock(),
      })
      let taken = 0
      for (const { items } of sizes) {
        const next = source.take(items, 300)
        if (next.kind === 'block') taken += next.block.count
        expect(read).toBeLessThanOrEqual(taken + items)
      }
      source.stop()
    }),
  )
})
