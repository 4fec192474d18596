import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { FakeClock, SeededRandom } from '@forkpool/pool-core/testing'
import { afterAll, expect, test } from 'vitest'
import { batchRecord, readResults, summaryOf } from '../src/engine/engine-conformance.ts'
import type { Engine } from '../src/engine/engine.ts'
import { verifyAll } from '../src/ledger/verify.ts'
import { DataDirs } from './support/data-dirs.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

function numbers(count: number): ItemBlock {
  return encodeItems(Array.from({ length: count }, (_, i) => i))
}

async function runBatch(engine: Engine, name: string, count: number): Promise<void> {
  await engine.open(batchRecord(name), numbers(count), true)
  await endBatch(engine, name, count)
}

async function endBatch(engine: Engine, name: string, count: number): Promise<void> {
  await engine.record(name as BatchId, [{ from: 0, count, values: numbers(count), failures: [] }], summaryOf(count))
}

async function endedIds(engine: Engine): Promise<readonly string[]> {
  return (await engine.ended(1e6)).map(({ batch }) => batch.id)
}

test('ended batches go when they are old enough, at a sweep of the clock; open ones stay', async () => {
  const clock = new FakeClock()
  const engine = dirs.engine(dirs.next(), { clock, retention: { ageMs: 3_600_000 } })
  await engine.recover()
  await engine.open(batchRecord('open'), encodeItems([1]), true)
  await runBatch(engine, 'old', 10)
  clock.advance(1_800_000)
  await runBatch(engine, 'young', 10)
  clock.advance(1_800_001)
  await engine.forget('none' as BatchId)
  await engine.idle()
  expect(await endedIds(engine)).toEqual(['young'])
  expect((await engine.batch('open' as BatchId))?.end).toBeUndefined()
  await expect(readResults(engine, 'old' as BatchId)).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
  await engine.close()
})

test('the disk stays within its bound: the oldest ended batches make room, and their pages are used again', async () => {
  const dataDir = dirs.next()
  const limit = 8e6
  const engine = dirs.engine(dataDir, { retention: { bytes: limit } })
  await engine.recover()
  const random = new SeededRandom(7)
  let written = 0
  const names: string[] = []
  for (let i = 0; written < 8 * limit; i++) {
    const count = 1 + Math.floor(random.next() ** 4 * 60_000)
    names.push(`b${i}`)
    await runBatch(engine, `b${i}`, count)
    written += count * 8
    await engine.idle()
    expect(engine.usage().bytes).toBeLessThan(limit)
  }
  const kept = await endedIds(engine)
  // The newest are there, and all of the newest: what is kept is a tail of what ran.
  expect(kept.toReversed()).toEqual(names.slice(-kept.length))
  expect(kept.length).toBeGreaterThan(3)
  for await (const verdict of verifyAll(engine, [])) expect(verdict.problems).toEqual([])
  expect(statSync(join(dataDir, 'forkpool.lmdb')).size).toBeLessThan(2.5 * limit)
  await engine.close()
})

test('open batches are not dropped for room: new work is refused, with results of the old still taken', async () => {
  const engine = dirs.engine(dirs.next(), { bytesMax: 4e6 })
  await engine.recover()
  await runBatch(engine, 'ended', 200_000)
  const items = numbers(200_000)
  await engine.open(batchRecord('a'), items, true)
  await engine.open(batchRecord('b'), items, true)
  await expect(engine.open(batchRecord('c'), items, true)).rejects.toMatchObject({
    code: 'DISK_FULL',
    retryable: true,
    message: expect.stringContaining('--data-bytes-max is 4000000'),
  })
  await engine.idle()
  expect(await endedIds(engine)).toEqual([])
  await endBatch(engine, 'a', 200_000)
  await engine.idle()
  await engine.open(batchRecord('c'), encodeItems([1]), true)
  await engine.close()
})
