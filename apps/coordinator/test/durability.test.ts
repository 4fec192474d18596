import { readFileSync, openSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { BatchVerdict, BatchView } from '@forkpool/pool-core/protocol'
import { DataDirs } from './support/data-dirs.ts'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

async function batches(url: string): Promise<readonly BatchView[]> {
  const { batches: all } = (await (await fetch(`${url}/api/v1/batches?limit=500`)).json()) as { batches: readonly BatchView[] }
  return all
}

test('a detached batch goes on after kill -9 of the coordinator, without its client, and every task is recorded once', async () => {
  const dataDir = dirs.next()
  const first = await Coordinator.start(['--data-dir', dataDir, '--workers', '2'])
  const cluster = await connect(first.url)
  const items = Array.from({ length: 400 }, () => 5)
  const lost = cluster.pool({ size: 2 }).map('sleep', items, { chunkSize: 10, detached: true })
  lost.catch(() => undefined)
  await waitUntil('the batch has results', async () => ((await batches(first.url))[0]?.completed ?? 0) > 0)
  first.signal('SIGKILL')
  await first.exited
  await cluster.close().catch(() => undefined)

  const second = await Coordinator.start(['--data-dir', dataDir, '--workers', '2', '--log-level', 'info'])
  try {
    await waitUntil('the batch has completed', async () => (await batches(second.url))[0]?.state === 'completed')
    const [view] = await batches(second.url)
    expect(view).toMatchObject({ task: 'sleep', submitted: 400, total: 400, completed: 400, failed: 0, cancelled: 0 })
    const verified = await runForkpool(['verify', view?.id ?? '', '--json'], '', { FORKPOOL_URL: second.url })
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.stdout) as BatchVerdict).toMatchObject({
      state: 'completed',
      ledger: { submitted: 400, recorded: 400, live: 0, unaccounted: 0 },
      resultsRead: true,
      problems: [],
    })
    expect(second.stderr).toContain('going on with batches of an earlier run')
  } finally {
    await second.stop()
  }
})

test('verify tells of all batches, and finds one whose results were damaged on the disk', async () => {
  const dataDir = dirs.next()
  const first = await Coordinator.start(['--data-dir', dataDir])
  const marker = 'a word that is stored as it is'
  {
    await using cluster = await connect(first.url)
    const pool = cluster.pool({ size: 1 })
    await pool.map('square', [1, 2, 3])
    await pool.map('fail', ['x', 'y'], { settle: true })
    await pool.map('fail', [marker], { settle: true })
  }
  const good = await runForkpool(['verify'], '', { FORKPOOL_URL: first.url })
  expect(good).toMatchObject({ code: 0, stdout: '3 batches checked: all as they should be\n' })
  const unknown = await runForkpool(['verify', 'none'], '', { FORKPOOL_URL: first.url })
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('no batch none is kept') })
  await first.stop()

  const path = join(dataDir, 'forkpool.lmdb')
  const stored = readFileSync(path)
  const file = openSync(path, 'r+')
  for (let at = stored.indexOf(marker); at !== -1; at = stored.indexOf(marker, at + 1)) writeSync(file, 'b', at)
  closeSync(file)
  const second = await Coordinator.start(['--data-dir', dataDir])
  try {
    const bad = await runForkpool(['verify'], '', { FORKPOOL_URL: second.url })
    expect(bad.code).toBe(1)
    expect(bad.stdout).toMatch(/checksum/)
    expect(bad.stdout).toMatch(/3 batches checked: 1 WRONG\n$/)
  } finally {
    await second.stop()
  }
})

test('a second coordinator on the same data directory says so and ends', async () => {
  const dataDir = dirs.next()
  const first = await Coordinator.start(['--data-dir', dataDir])
  try {
    const second = await runForkpool(['serve', '--port', '0', '--data-dir', dataDir])
    expect(second.code).not.toBe(0)
    expect(second.stderr).toContain(`data directory ${dataDir} is in use by another coordinator`)
  } finally {
    await first.stop()
  }
})
