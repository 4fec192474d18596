import { expect, test } from 'vitest'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import { batchRecord } from '../engine/engine-conformance.ts'
import type { AttemptRecord, LedgerEntry, OpenBatch, StoredItems } from '../engine/engine.ts'
import { Replay } from './replay.ts'

/** Blocks of items as an engine has them; item `i` is the number `i`. */
class Blocks {
  readonly #lengths: number[]
  #missing: readonly number[] = []
  error: ForkpoolError | undefined

  constructor(...lengths: readonly number[]) {
    this.#lengths = [...lengths]
  }

  add(length: number): void {
    this.#lengths.push(length)
  }

  /** Items of the blocks that begin there are not kept. */
  without(...starts: readonly number[]): this {
    this.#missing = starts
    return this
  }

  get submitted(): number {
    return this.#lengths.reduce((sum, length) => sum + length, 0)
  }

  ledger(): LedgerEntry {
    return { submitted: this.submitted, recorded: 0, failed: 0, quarantined: 0, cancelled: 0, duplicates: 0 }
  }

  async *items(_id: unknown, from: number): AsyncGenerator<StoredItems> {
    let at = 0
    for (const length of this.#lengths) {
      await Promise.resolve()
      if (this.error !== undefined) throw this.error
      const start = at
      if (start + length > from && !this.#missing.includes(start))
        yield { from: start, items: encodeItems(Array.from({ length }, (_, i) => start + i)) }
      at += length
    }
  }
}

interface Given {
  readonly replay: Replay
  readonly given: (number | string)[][]
  readonly said: string[]
}

function begin(
  blocks: Blocks,
  recorded: readonly (readonly [number, number])[],
  attempts: readonly AttemptRecord[] = [],
  windowBytes = 1e6,
): Given {
  const given: (number | string)[][] = []
  const said: string[] = []
  const open: OpenBatch = {
    batch: batchRecord('a'),
    ledger: blocks.ledger(),
    inputEnded: true,
    end: undefined,
    itemsKept: true,
    recordedRanges: recorded.map(([from, to]) => ({ from, to })),
    attempts,
  }
  const replay = new Replay(blocks, open, windowBytes, {
    items: (from, items, errors) => {
      const values = decodeItems(items) as number[]
      expect(values[0]).toBe(from)
      given.push([...values, ...errors.map(({ message }) => message)])
    },
    caughtUp: () => said.push('caught up'),
    failed: (error) => said.push((error as ForkpoolError).code),
  })
  void replay.run()
  return { replay, given, said }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

test('items without a result are given in order, those with one never, across blocks', async () => {
  const { given, said } = begin(new Blocks(4, 3, 5), [
    [0, 2],
    [3, 6],
    [8, 9],
  ])
  await settle()
  expect(given).toEqual([[2], [6], [7], [9, 10, 11]])
  expect(said).toEqual(['caught up'])
})

test('an item whose result is recorded need not be there, whether it is the first, the last or in the middle', async () => {
  const { given, said } = begin(new Blocks(2, 2, 3, 1).without(0, 4, 7), [
    [0, 2],
    [4, 7],
    [7, 8],
  ])
  await settle()
  expect(given).toEqual([[2, 3]])
  expect(said).toEqual(['caught up'])
})

test('an item that is not there and has no result is told', async () => {
  const { said } = begin(new Blocks(2, 2).without(0), [])
  await settle()
  expect(said).toHaveLength(1)
  expect(said).not.toContain('caught up')
})

test('nothing is given of a batch that has all its results', async () => {
  const { given, said } = begin(new Blocks(2, 2), [[0, 4]])
  await settle()
  expect(given).toEqual([])
  expect(said).toEqual(['caught up'])
})

test('an item that failed before comes by itself, with what its runs threw', async () => {
  const attempt = (index: number, run: number): AttemptRecord => ({ index, attempt: run, outcome: 'failed', at: 0, message: `run ${run}` })
  const { given } = begin(new Blocks(5), [[0, 1]], [attempt(2, 1), attempt(2, 2), attempt(4, 1), { ...attempt(3, 1), outcome: 'lost' }])
  await settle()
  expect(given).toEqual([[1], [2, 'run 1', 'run 2'], [3], [4, 'run 1']])
})

test('no more is read than the window holds', async () => {
  const { replay, given, said } = begin(new Blocks(2, 2, 2, 2), [], [], 32)
  await settle()
  expect(given).toEqual([
    [0, 1],
    [2, 3],
  ])
  replay.released(16)
  await settle()
  expect(given).toHaveLength(3)
  expect(said).toEqual([])
  replay.released(32)
  await settle()
  expect(given).toHaveLength(4)
  expect(said).toEqual(['caught up'])
})

test('items that a client adds meanwhile come in their turn', async () => {
  const blocks = new Blocks(2)
  const { replay, given, said } = begin(blocks, [], [], 16)
  await settle()
  blocks.add(3)
  replay.added()
  replay.released(16)
  await settle()
  replay.released(24)
  await settle()
  expect(given).toEqual([
    [0, 1],
    [2, 3, 4],
  ])
  expect(said).toEqual(['caught up'])
})

test('stopped, it gives no more, and tells how many items without a result were left', async () => {
  const { replay, given, said } = begin(new Blocks(2, 2, 6), [[5, 8]], [], 16)
  await settle()
  expect(given).toEqual([[0, 1]])
  // 2, 3, 4, 8 and 9.
  expect(replay.stop()).toBe(5)
  await settle()
  expect(given).toHaveLength(1)
  expect(said).toEqual([])
  expect(replay.stop()).toBe(0)
})

test('items that cannot be read are told', async () => {
  const blocks = new Blocks(2)
  blocks.error = new ForkpoolError('DATA_CORRUPT')
  const { said } = begin(blocks, [])
  await settle()
  expect(said).toEqual(['DATA_CORRUPT'])
})
