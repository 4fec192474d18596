import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ThreadMemory } from '../memory/thread-memory.ts'
import { QUEUE_BLOCK_BYTES, QueueStore, queueStoreWords } from './queue-store.ts'

const size = { slots: 4, blocks: 6 }

function make(): { store: QueueStore; memory: ThreadMemory } {
  const memory = new ThreadMemory(4 * queueStoreWords(size))
  const store = new QueueStore(memory, 0, size, 'fifo')
  store.repair()
  return { store, memory }
}

test('what is put comes out, byte for byte, and no block is lost', () => {
  const step = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 * QUEUE_BLOCK_BYTES }), fc.constant('take' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { store } = make()
      const model: Uint8Array[] = []
      for (const one of steps) {
        if (one === 'take') {
          if (model.length > 0) expect(store.take()).toEqual(model.shift())
        } else {
          const blocks = model.reduce((sum, bytes) => sum + Math.ceil(bytes.length / QUEUE_BLOCK_BYTES), 0)
          const fits = model.length < size.slots && blocks + Math.ceil(one.length / QUEUE_BLOCK_BYTES) <= size.blocks
          expect(store.hasRoom(one.length)).toBe(fits)
          if (!fits) continue
          store.put(one, 0)
          model.push(one)
        }
        expect(store.length).toBe(model.length)
      }
      store.drain()
      expect(store.hasRoom(size.blocks * QUEUE_BLOCK_BYTES)).toBe(true)
    }),
  )
})

test('a process that dies after any one of its stores leaves a store that repair makes whole', () => {
  const item = (tag: number): Uint8Array => new Uint8Array(QUEUE_BLOCK_BYTES + tag).fill(tag)
  for (const change of ['put', 'take'] as const) {
    for (let stores = 0; ; stores++) {
      const { store, memory } = make()
      store.put(item(1), 0)
      store.put(item(2), 0)
      const isDone = !diesAfter(stores, () => (change === 'put' ? store.put(item(3), 0) : store.take()))
      // Another process takes over: it knows the memory only.
      const heir = new QueueStore(memory, 0, size, 'fifo')
      heir.repair()
      const left: number[] = []
      while (heir.length > 0) left.push(heir.take()[0] ?? 0)
      const before = [1, 2]
      const after = change === 'put' ? [1, 2, 3] : [2]
      expect([before, after]).toContainEqual(left)
      expect(heir.unfinished).toBe(change === 'put' ? left.length : 2)
      expect(heir.hasRoom(size.blocks * QUEUE_BLOCK_BYTES)).toBe(true)
      if (isDone) break
      expect(stores).toBeLessThan(100)
    }
  }
})

/** Runs `change` and stops it dead after so many atomic stores. @returns whether it was stopped. */
function diesAfter(stores: number, change: () => void): boolean {
  const store = Atomics.store
  let left = stores
  const dying = ((...args: Parameters<typeof Atomics.store>) => {
    if (left-- === 0) throw new RangeError('dead')
    return store(...args)
  }) as typeof Atomics.store
  Atomics.store = dying
  try {
    change()
    return false
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return true
  } finally {
    Atomics.store = store
  }
}
