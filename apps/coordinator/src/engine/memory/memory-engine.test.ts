import { IntervalSet } from '@forkpool/pool-core/base'
import { expect, test } from 'vitest'
import { batchRecord, readResults, succeeded, summaryOf, testEngine } from '../engine-conformance.ts'
import { MemoryEngine } from './memory-engine.ts'

testEngine('memory', () => Promise.resolve(new MemoryEngine()))

const A = batchRecord('a')
const GONE = { code: 'RESULTS_GONE' }

/** Room for three results, of eight bytes each. */
async function small(): Promise<MemoryEngine> {
  const engine = new MemoryEngine({ retention: { ageMs: 1_000, bytes: 24, batches: 10 } })
  await engine.open(A, undefined, false)
  return engine
}

test('of a batch that does not fit the last results are kept, for a client that has those before', async () => {
  const engine = await small()
  for (let i = 0; i < 10; i++) await engine.record(A.id, [succeeded(i, 10 * i)], i === 9 ? summaryOf(10) : undefined)
  expect(await readResults(engine, A.id, 7)).toEqual([
    [7, 70],
    [8, 80],
    [9, 90],
  ])
  await expect(readResults(engine, A.id, 6)).rejects.toMatchObject(GONE)
  expect(engine.usage().bytes).toBe(24)
  await engine.forget(A.id)
  expect(engine.usage().bytes).toBe(0)
})

test('the lowest indexes go first, in whatever order they come, and a reader need not have all that is below them', async () => {
  const engine = await small()
  for (const i of [3, 1, 0]) await engine.record(A.id, [succeeded(i, i)], undefined)
  expect(await readResults(engine, A.id)).toHaveLength(3)
  await engine.record(A.id, [succeeded(5, 5, 6)], undefined)
  // 0 and 1 are gone, and 2 is not there yet.
  await expect(readResults(engine, A.id)).rejects.toMatchObject(GONE)
  await engine.record(A.id, [succeeded(2, 2)], undefined)
  const have = new IntervalSet()
  have.addIfAbsent(0, 2)
  await expect(engine.results(A.id, 0, have)[Symbol.asyncIterator]().next()).rejects.toMatchObject(GONE)
  have.addIfAbsent(2, 3)
  const ranges = await Array.fromAsync(engine.results(A.id, 0, have))
  expect(ranges.map(({ from, count }) => [from, count])).toEqual([
    [3, 1],
    [5, 2],
  ])
})

test('a result that is larger than all room is told once and not kept', async () => {
  const engine = await small()
  const range = succeeded(0, 1, 2, 3, 4)
  expect(await engine.record(A.id, [range], undefined)).toEqual([range])
  expect(engine.usage().bytes).toBe(0)
  await expect(readResults(engine, A.id, 3)).rejects.toMatchObject(GONE)
  expect(await readResults(engine, A.id, 4)).toEqual([])
})
