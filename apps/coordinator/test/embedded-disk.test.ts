import { execFile } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { afterAll, expect, test } from 'vitest'
import { batchRecord, succeeded, summaryOf } from '../src/engine/engine-conformance.ts'
import { verifyBatch } from '../src/ledger/verify.ts'
import type { SmallDisk } from './fixtures/engine-on-small-disk.ts'
import type { FullDisk } from './fixtures/store-on-full-disk.ts'
import { DataDirs } from './support/data-dirs.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

/** What a program of the fixtures says of itself in a line, when its files can have 8 MiB at most: a disk that is full, for which nobody has to be root. */
async function onSmallDisk<Told>(fixture: string, dataDir: string): Promise<Told> {
  const program = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url))
  // In blocks of 512 or 1024 bytes, as the shell has it.
  const script = 'trap "" XFSZ; ulimit -f 8192; exec "$@"'
  const words = ['-c', script, 'sh', process.execPath, '--conditions=forkpool-source', program, dataDir]
  const { stdout } = await promisify(execFile)('bash', words)
  return JSON.parse(stdout) as Told
}

const FULL = expect.stringMatching(/^(DISK_FULL|ENGINE_FAILED)$/)

test('a disk that takes no more refuses new work with a code, keeps what is there, and takes results again when there is room', async () => {
  const dataDir = dirs.next()
  const told = await onSmallDisk<SmallDisk>('engine-on-small-disk.ts', dataDir)
  expect(told.accepted.length).toBeGreaterThan(4)
  expect(told.ended).toEqual(['b0', 'b1', 'b2'])
  expect(told.refusals).toEqual([FULL, FULL, FULL])
  expect(told.refusing).toEqual(FULL)
  expect(told.onFullDisk).toEqual(FULL)
  expect(told.afterForgetting).toBe('recorded')

  const engine = dirs.engine(dataDir)
  const open = await engine.recover()
  expect(open.map(({ batch }) => batch.id).toSorted()).toEqual(
    told.accepted.filter((id) => id !== 'kept' && !told.ended.includes(id)).toSorted(),
  )
  for (const id of told.accepted.filter((each) => !told.ended.includes(each)))
    expect(await verifyBatch(engine, id as BatchId)).toMatchObject({ problems: [], ledger: { submitted: 60_000 } })
  await engine.open(batchRecord('more'), encodeItems([1]), true)
  await engine.close()
})

test('a store whose disk stays full refuses hundreds of commits, gives room back when something is taken away, and lives', async () => {
  const dataDir = dirs.next()
  mkdirSync(dataDir, { recursive: true })
  const told = await onSmallDisk<FullDisk>('store-on-full-disk.ts', dataDir)
  expect(told).toMatchObject({ codes: ['DISK_FULL'], takenRefused: 0, taken: 12, missing: 0 })
  expect(told.refused).toBeGreaterThan(200)
  expect(told.committed).toBeGreaterThan(20)
})

test('a flipped bit in a stored block is found, told, and never handed out as a result', async () => {
  const dataDir = dirs.next()
  const engine = dirs.engine(dataDir)
  await engine.recover()
  const a = batchRecord('a')
  const marker = 'a text that is stored as it is'
  await engine.open(a, encodeItems([1, 2]), true)
  await engine.record(a.id, [succeeded(0, 1, marker)], summaryOf(2))
  await engine.close()
  const path = join(dataDir, 'forkpool.lmdb')
  const at = readFileSync(path).indexOf(marker)
  expect(at).toBeGreaterThan(0)
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  writeSync(file, Buffer.of((byte[0] as number) ^ 4), 0, 1, at)
  closeSync(file)

  const again = dirs.engine(dataDir)
  await again.recover()
  await expect(again.results(a.id, 0).next()).rejects.toMatchObject({ code: 'DATA_CORRUPT' })
  const verdict = await verifyBatch(again, a.id)
  expect(verdict?.problems).toEqual([expect.stringMatching(/^block of tasks 0 to 1: \d+ bytes with checksum/)])
  await again.close()
})
