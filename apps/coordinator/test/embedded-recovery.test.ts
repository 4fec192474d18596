import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import { afterAll, expect, test } from 'vitest'
import { backUp } from '../src/engine/embedded/back-up.ts'
import type { EmbeddedEngine } from '../src/engine/embedded/embedded-engine.ts'
import { batchRecord, failedTask, readResults, succeeded, summaryOf } from '../src/engine/engine-conformance.ts'
import { migrate, type Migration } from '../src/engine/embedded/schema.ts'
import { Store } from '../src/engine/embedded/store.ts'
import { KIND, kindRange, VERSION_KEY } from '../src/engine/embedded/keys.ts'
import { storeRecord } from '../src/engine/embedded/stored-block.ts'
import { verifyAll } from '../src/ledger/verify.ts'
import { DataDirs } from './support/data-dirs.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

const A = batchRecord('a', { retries: 2, reply: 'json', submittedAt: 5, idempotencyKey: 'key' })

test('an open batch comes back with its items, what is recorded of it and its failed attempts', async () => {
  const dataDir = dirs.next()
  const before = dirs.engine(dataDir)
  expect(await before.recover()).toEqual([])
  await before.open(A, encodeItems([1, 2, 3]), false)
  await before.append(A.id, encodeItems(['x', 'y', 'z']), false)
  await before.record(A.id, [succeeded(0, 1), failedTask(1), succeeded(4, 'yy')], undefined)
  const attempt = { attempt: 1, outcome: 'failed', at: 7, message: 'RangeError: bad' } as const
  await before.attempted(A.id, [
    { ...attempt, index: 3 },
    { ...attempt, index: 0 },
  ])
  await before.open(batchRecord('b', { submittedAt: 1 }), undefined, true)
  await before.close()

  const engine = dirs.engine(dataDir)
  const open = await engine.recover()
  expect(open).toMatchObject([
    { batch: { id: 'b' }, inputEnded: true, ledger: { submitted: 0 } },
    {
      batch: { id: 'a', retries: 2, reply: 'json', submittedAt: 5 },
      inputEnded: false,
      ledger: { submitted: 6, recorded: 3, failed: 1 },
      recordedRanges: [
        { from: 0, to: 2 },
        { from: 4, to: 5 },
      ],
      // What task 0 went through no longer matters: it has a result.
      attempts: [{ index: 3, attempt: 1 }],
    },
  ])
  const items: unknown[] = []
  for await (const { from, items: block } of engine.items(A.id, 4)) items.push(from, ...decodeItems(block))
  expect(items).toEqual([3, 'x', 'y', 'z'])
  expect(await engine.record(A.id, [succeeded(4, 'again')], undefined)).toEqual([])
  await engine.append(A.id, encodeItems(['last']), true)
  await engine.record(A.id, [succeeded(2, 9), succeeded(3, 'xx'), succeeded(5, 'zz', 'last!')], summaryOf(6, 1))
  expect((await readResults(engine, A.id)).map(([, value]) => value)).toEqual([1, 'bad 1', 9, 'xx', 'yy', 'zz', 'last!'])
  await engine.close()
  const after = dirs.engine(dataDir)
  expect((await after.recover()).map(({ batch }) => batch.id)).toEqual(['b'])
  expect(await after.find('key')).toBe('a')
  expect(after.ledger(A.id)).toEqual({ submitted: 7, recorded: 7, failed: 1, quarantined: 0, cancelled: 0, duplicates: 1 })
  expect(await after.ended(10)).toMatchObject([{ batch: { id: 'a' }, itemsKept: true }])
  await after.close()
})

async function readItems(engine: EmbeddedEngine, id: BatchId): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for await (const { from, items: block } of engine.items(id, 0)) items.push(...decodeItems(block).map((item, i) => [from + i, item]))
  return items
}

test('items that are written behind come to the disk before later results, when they have waited, with a flush or when the engine is closed; never where they have a result', async () => {
  const dataDir = dirs.next()
  const clock = new FakeClock()
  const before = dirs.engine(dataDir, { clock })
  await before.recover()
  const opened = before.open(A, encodeItems([0, 10, 20]), false, true)
  await before.append(A.id, encodeItems([30, 40, 50, 60]), false)
  await Promise.all([before.record(A.id, [succeeded(0, 'a', 'b')], undefined), before.record(A.id, [succeeded(3, 'd')], undefined)])
  await opened
  expect(await readItems(before, A.id)).toEqual([[2, 20]])
  await before.attempted(A.id, [{ index: 4, attempt: 1, outcome: 'failed', at: 7, message: 'bad' }])
  expect(await readItems(before, A.id)).toHaveLength(2)
  clock.advance(51)
  await before.idle()
  expect(await readItems(before, A.id)).toEqual([2, 4, 5, 6].map((index) => [index, 10 * index]))
  await before.append(A.id, encodeItems([70]), true)
  await before.idle()
  expect(await readItems(before, A.id)).toHaveLength(4)
  await before.close()

  const engine = dirs.engine(dataDir)
  const recordedRanges = [
    { from: 0, to: 2 },
    { from: 3, to: 4 },
  ]
  expect(await engine.recover()).toMatchObject([
    { inputEnded: true, ledger: { submitted: 8, recorded: 3 }, recordedRanges, attempts: [{ index: 4 }] },
  ])
  expect(await readItems(engine, A.id)).toEqual([2, 4, 5, 6, 7].map((index) => [index, 10 * index]))
  for await (const verdict of verifyAll(engine, [A.id])) expect(verdict.problems).toEqual([])
  await engine.record(A.id, [succeeded(2, 'c'), succeeded(4, 'e', 'f', 'g', 'h')], summaryOf(8))
  await expect(readItems(engine, A.id)).rejects.toMatchObject({ code: 'RESULTS_GONE' })
  expect((await readResults(engine, A.id)).map(([, value]) => value).join('')).toBe('abcdefgh')
  await engine.close()
  const store = new Store(dataDir)
  expect(store.keys(kindRange(A.id, KIND.items), 10)).toEqual([])
  await store.close()
})

test('a batch of which nothing is written yet is known, and is not there after its coordinator was killed', async () => {
  const dataDir = dirs.next()
  const clock = new FakeClock()
  const engine = dirs.engine(dataDir, { clock })
  await engine.recover()
  const opened = engine.open(A, encodeItems([1]), true, true)
  expect(await engine.find('key')).toBe('a')
  expect(await engine.batch(A.id)).toMatchObject({ batch: { id: 'a' }, ledger: { submitted: 1 } })
  const copy = join(dirs.next(), 'store')
  await backUp(dataDir, copy)
  const killed = dirs.engine(copy)
  expect(await killed.recover()).toEqual([])
  await killed.close()
  clock.advance(11)
  await opened
  await engine.close()
})

test('a hole in what is stored of a batch is found, and told', async () => {
  const dataDir = dirs.next()
  const engine = dirs.engine(dataDir)
  await engine.recover()
  await engine.open(A, encodeItems([1]), false)
  for (const item of [2, 3]) await engine.append(A.id, encodeItems([item]), false)
  await engine.close()
  const store = new Store(dataDir)
  const [, second] = store.keys(kindRange(A.id, KIND.items), 10)
  await store.commit([{ key: second as Uint8Array, value: undefined }])
  await store.close()
  await expect(dirs.engine(dataDir).recover()).rejects.toMatchObject({
    code: 'DATA_CORRUPT',
    message: 'batch a: of tasks 1 to 1 there is neither item nor result',
  })
})

test('items go with the end of a batch in which nothing failed; results stay', async () => {
  const engine = dirs.engine(dirs.next())
  await engine.recover()
  await engine.open(A, encodeItems([1, 2]), true)
  const openBytes = engine.usage().bytes
  await engine.record(A.id, [succeeded(0, 1, 4)], summaryOf(2))
  expect(engine.usage().bytes).toBeLessThan(2 * openBytes)
  expect(await engine.batch(A.id)).toMatchObject({ itemsKept: false })
  await expect(engine.items(A.id, 0).next()).rejects.toMatchObject({ code: 'RESULTS_GONE' })
  expect(await readResults(engine, A.id)).toHaveLength(2)
  await engine.close()
})

test('a data directory is for one coordinator at a time, and is free when that is gone, also by SIGKILL', async () => {
  const dataDir = dirs.next()
  const engine = dirs.engine(dataDir)
  await engine.recover()
  await expect(dirs.engine(dataDir).recover()).rejects.toMatchObject({
    code: 'DATA_DIR',
    message: expect.stringContaining(`in use by another coordinator (process ${process.pid} on `),
  })
  await engine.close()

  const writer = fileURLToPath(new URL('fixtures/engine-writer.ts', import.meta.url))
  const other = spawn(process.execPath, ['--conditions=forkpool-source', writer, dataDir, '1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(other, 'exit')
  const lines = createInterface(other.stdout)
  await once(lines, 'line')
  await expect(dirs.engine(dataDir).recover()).rejects.toMatchObject({ message: expect.stringContaining(`process ${other.pid} on `) })
  other.kill('SIGKILL')
  await exited
  const next = dirs.engine(dataDir)
  await next.recover()
  await next.close()
})

test('what is written is readable by its owner alone', async () => {
  const dataDir = dirs.next()
  const engine = dirs.engine(dataDir)
  await engine.recover()
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  const files = readdirSync(dataDir)
  expect(files.toSorted()).toEqual(['forkpool.lmdb', 'forkpool.lmdb-lock', 'lock'])
  for (const file of files) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
  await engine.close()
})

test('a folder that cannot be made is named', async () => {
  const dataDir = join(fileURLToPath(import.meta.url), 'below-a-file')
  await expect(dirs.engine(dataDir).recover()).rejects.toMatchObject({ code: 'DATA_DIR', message: expect.stringContaining(dataDir) })
})

test('a store of a newer version is refused and left as it is; an older one is brought up step by step', async () => {
  const dataDir = dirs.next()
  const engine = dirs.engine(dataDir)
  await engine.recover()
  await engine.open(A, encodeItems([1]), true)
  await engine.close()

  const store = new Store(dataDir)
  const steps: string[] = []
  const step =
    (name: string): Migration =>
    (old) => {
      steps.push(name)
      return [{ key: Buffer.from(`\x7f${name}`), value: Buffer.from(String(old.get(VERSION_KEY)?.length)) }]
    }
  await migrate(store, dataDir, [step('2'), step('3'), step('4')])
  expect(steps).toEqual(['3', '4'])
  await migrate(store, dataDir, [step('2'), step('3'), step('4')])
  expect(steps).toEqual(['3', '4'])
  expect(store.get(Buffer.from('\x7f4'))).toBeDefined()
  await store.close()

  await expect(dirs.engine(dataDir).recover()).rejects.toMatchObject({
    code: 'DATA_DIR',
    message: expect.stringMatching(/has version 4, and this Forkpool knows versions up to 2/),
  })
  const again = new Store(dataDir)
  await again.commit([{ key: VERSION_KEY, value: storeRecord({ version: 1 }) }])
  await again.close()
  const reopened = dirs.engine(dataDir)
  expect(await reopened.recover()).toMatchObject([{ batch: { id: 'a' as BatchId } }])
  await reopened.close()
})
