import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { afterAll, expect, test } from 'vitest'
import { batchRecord, failedTask, readResults, succeeded, summaryOf } from '../src/engine/engine-conformance.ts'
import { migrate, type Migration } from '../src/engine/embedded/schema.ts'
import { Store } from '../src/engine/embedded/store.ts'
import { VERSION_KEY } from '../src/engine/embedded/keys.ts'
import { storeRecord } from '../src/engine/embedded/stored-block.ts'
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
  await migrate(store, dataDir, [step('2'), step('3')])
  expect(steps).toEqual(['2', '3'])
  await migrate(store, dataDir, [step('2'), step('3')])
  expect(steps).toEqual(['2', '3'])
  expect(store.get(Buffer.from('\x7f3'))).toBeDefined()
  await store.close()

  await expect(dirs.engine(dataDir).recover()).rejects.toMatchObject({
    code: 'DATA_DIR',
    message: expect.stringMatching(/has version 3, and this Forkpool knows versions up to 1/),
  })
  const again = new Store(dataDir)
  await again.commit([{ key: VERSION_KEY, value: storeRecord({ version: 1 }) }])
  await again.close()
  const reopened = dirs.engine(dataDir)
  expect(await reopened.recover()).toMatchObject([{ batch: { id: 'a' as BatchId } }])
  await reopened.close()
})
