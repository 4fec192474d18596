import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { Coordinator, isAlive, waitUntil } from './support/forkpool.ts'

const items = Array.from({ length: 40 }, () => 50)

async function busyWorkers(coordinator: Coordinator): Promise<number> {
  const response = await fetch(`${coordinator.url}/api/v1/status`)
  return ((await response.json()) as { workers: { busy: number } }).workers.busy
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: open batches run to their end, new ones are refused, and nothing is left',
  async (signal) => {
    // A temporary folder of its own, so that what is left there is of this coordinator and no other.
    const temporary = await mkdtemp(join(tmpdir(), 'forkpool-shutdown-'))
    const coordinator = await Coordinator.start(['--log-level', 'fatal'], { TMPDIR: temporary })
    const folders = (): readonly string[] => readdirSync(temporary).filter((name) => name.startsWith('forkpool-'))
    expect(folders()).toHaveLength(1)
    const client = await connect(coordinator.url)
    const pool = client.pool({ size: 2 })
    const mapped = pool.map('sleep', items)
    await waitUntil('workers are busy', async () => (await busyWorkers(coordinator)) === 2)
    const workers = coordinator.workerPids()
    coordinator.signal(signal)
    await waitUntil('it is not ready any more', async () => (await fetch(`${coordinator.url}/readyz`)).status === 503)
    // This client heard the goodbye and would wait for the next coordinator; one that comes now is told.
    await using late = await connect(coordinator.url)
    await expect(late.pool({ size: 2 }).submit('square', 2).result()).rejects.toMatchObject({ code: 'DRAINING' })
    expect(await mapped).toHaveLength(items.length)
    expect(await coordinator.exited).toBe(0)
    expect(workers.filter(isAlive)).toEqual([])
    expect(folders()).toEqual([])
    await rm(temporary, { recursive: true })
    await client.close()
  },
)

test('what has not ended by the drain time-out is cancelled', async () => {
  const coordinator = await Coordinator.start(['--log-level', 'fatal', '--drain-timeout-ms', '200'])
  const client = await connect(coordinator.url)
  const mapped = client.pool({ size: 2 }).map('sleep', [60_000, 60_000])
  const rejected = expect(mapped).rejects.toMatchObject({ name: 'CancelledError' })
  await waitUntil('workers are busy', async () => (await busyWorkers(coordinator)) === 2)
  expect(await coordinator.stop()).toBe(0)
  await rejected
  await client.close()
})

test('a second signal does not wait', async () => {
  const coordinator = await Coordinator.start(['--log-level', 'fatal'])
  const client = await connect(coordinator.url, { reconnect: { attempts: 1 } })
  const lost = expect(client.pool({ size: 1 }).map('sleep', [60_000])).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  await waitUntil('a worker is busy', async () => (await busyWorkers(coordinator)) === 1)
  const workers = coordinator.workerPids()
  coordinator.signal('SIGTERM')
  await waitUntil('it drains', async () => (await fetch(`${coordinator.url}/readyz`)).status === 503)
  coordinator.signal('SIGTERM')
  expect(await coordinator.exited).toBe(130)
  await waitUntil('its workers are gone', () => workers.every((pid) => !isAlive(pid)), 1_000)
  await lost
  await client.close()
})

test('workers are forked for a larger pool, as many as it asks for, and the surplus is ended when idle', async () => {
  await using coordinator = await Coordinator.start(['--log-level', 'fatal', '--workers', '2', '--idle-retire-ms', '300'])
  await using client = await connect(coordinator.url)
  expect(coordinator.workerPids()).toHaveLength(2)
  const mapped = client.pool({ size: 5 }).map('sleep', items)
  await waitUntil('five workers are there', () => coordinator.workerPids().length === 5)
  await mapped
  await waitUntil('two are kept', () => coordinator.workerPids().length === 2)
})

test('a client that leaves takes its batches with it', async () => {
  await using coordinator = await Coordinator.start(['--log-level', 'fatal'])
  const client = await connect(coordinator.url)
  const mapped = client.pool({ size: 2 }).map('sleep', [60_000, 60_000])
  const rejected = expect(mapped).rejects.toBeInstanceOf(Error)
  await waitUntil('workers are busy', async () => (await busyWorkers(coordinator)) === 2)
  await client.close()
  await rejected
  await waitUntil('workers are idle again', async () => (await busyWorkers(coordinator)) === 0)
})

test('a signal while the workers still start ends it as well', async () => {
  const coordinator = Coordinator.spawn([
    '--log-level',
    'fatal',
    '--tasks',
    new URL('./fixtures/hangs-on-load.ts', import.meta.url).pathname,
  ])
  await waitUntil('its workers are forked', () => coordinator.workerPids().length === 2)
  const workers = coordinator.workerPids()
  coordinator.signal('SIGTERM')
  expect(await coordinator.exited).toBe(0)
  expect(workers.filter(isAlive)).toEqual([])
})
