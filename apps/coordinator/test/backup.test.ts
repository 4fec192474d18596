import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, range } from '@forkpool/client'
import type { BatchView, VerificationView } from '@forkpool/pool-core/protocol'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'
import { JsonClient } from './support/json-client.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forkpool-backup-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

async function get<View>(coordinator: Coordinator, path: string): Promise<View> {
  return (await (await fetch(coordinator.url + path)).json()) as View
}

test('a copy that was made while batches ran is a data directory: its results are there, and what was open goes on', async () => {
  const dataDir = join(folder, 'data')
  const copy = join(folder, 'copy')
  await using coordinator = await Coordinator.start(['--data-dir', dataDir, '--workers', '1'])
  await using client = await connect(coordinator.url)
  let ended = ''
  const squares = await client.pool().map('square', range(0, 10_000), { onAccepted: ({ id }) => (ended = id) })
  // Runs while the copy is made, and after it.
  let open = ''
  const slow = client.pool().map('sleep', new Array<number>(3_000).fill(1), { detached: true, onAccepted: ({ id }) => (open = id) })
  await waitUntil(
    'some of it is recorded',
    async () => open !== '' && (await get<BatchView>(coordinator, `/api/v1/batches/${open}`)).completed > 0,
  )
  const made = await runForkpool(['backup', copy, '--data-dir', dataDir])
  expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`is copied to ${copy}: `) as unknown })
  expect(statSync(join(copy, 'forkpool.lmdb')).mode & 0o077).toBe(0)
  expect(await slow).toHaveLength(3_000)

  await using restored = await Coordinator.start(['--data-dir', copy, '--workers', '1'])
  await using reader = await new JsonClient(restored.url).hello()
  reader.send({ kind: 'attach', batch: 1, id: ended })
  await waitUntil('all of it has come', () => {
    const values = reader.received.flatMap(({ kind, values: some }) => (kind === 'results' ? (some as number[]) : []))
    return values.length === squares.length
  })
  const values = reader.received.flatMap(({ kind, from, values: some }) =>
    kind === 'results' ? [{ from: from as number, some: some as number[] }] : [],
  )
  expect(values.toSorted((a, b) => a.from - b.from).flatMap(({ some }) => some)).toEqual(squares)
  await waitUntil(
    'the open one ends',
    async () => (await get<BatchView>(restored, `/api/v1/batches/${open}`)).state === 'completed',
    30_000,
  )
  expect(await get<VerificationView>(restored, '/api/v1/verify')).toMatchObject({ checked: 2, faulty: 0 })
  expect(await get<VerificationView>(coordinator, '/api/v1/verify')).toMatchObject({ faulty: 0 })
})

test('nothing is written over, and nothing is left of what failed', async () => {
  const copy = join(folder, 'copy')
  expect(await runForkpool(['backup', copy, '--data-dir', join(folder, 'data')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('has a store already') as unknown,
  })
  const other = await runForkpool(['backup', join(folder, 'none'), '--data-dir', join(folder, 'nowhere')])
  expect(other.stderr).toContain('there is no store in')
  expect(other.code).not.toBe(0)
  expect(existsSync(join(folder, 'none'))).toBe(false)
  expect(await runForkpool(['backup'])).toMatchObject({ code: 2 })
})
