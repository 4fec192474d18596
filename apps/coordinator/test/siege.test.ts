import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { ask } from './support/ask.ts'
import { Coordinator, waitUntil } from './support/forkpool.ts'

const SIEGE = fileURLToPath(new URL('fixtures/siege.ts', import.meta.url))

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

async function metric(coordinator: Coordinator, series: string): Promise<number> {
  const { body } = await ask(coordinator.url, 'GET', '/metrics')
  const line = body.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

// The limits of time are lowered so that their work shows in the time of a test; those of number are what a coordinator has by itself.
const SETTINGS = ['--heartbeat-ms', '4000', '--message-timeout-ms', '5000', '--headers-timeout-ms', '3000', '--workers', '1']

test('2,000 idle connections, floods, slow headers and slow fragments: a client beside them does not notice', async () => {
  await using coordinator = await Coordinator.start([...SETTINGS, '--log-level', 'warn'])
  await using cluster = await connect(coordinator.url)
  const pool = cluster.pool({ size: 1 })
  for (let i = 0; i < 200; i++) await pool.submit('square', i)
  const before = residentMegabytes(coordinator.pid)
  const siege = fork(SIEGE, [coordinator.url], { execArgv: ['--conditions=forkpool-source'] })
  try {
    await once(siege, 'message')
    const connections = await metric(coordinator, 'forkpool_ws_connections{role="client"}')
    expect(connections).toBeGreaterThan(2_000)
    const waits: number[] = []
    let largest = 0
    // Until every kind of attacker has been shown the door.
    const refusedAll = async (): Promise<boolean> => {
      const at = performance.now()
      expect(await pool.submit('square', 12)).toBe(144)
      waits.push(performance.now() - at)
      largest = Math.max(largest, residentMegabytes(coordinator.pid))
      if (waits.length % 20 !== 0) return false
      const { body } = await ask(coordinator.url, 'GET', '/metrics')
      return ['heartbeat_ms', 'message_timeout_ms', 'request_timeout_ms', 'frames_per_second_max'].every((reason) =>
        new RegExp(`^forkpool_refused_total\\{reason="${reason}"\\} [1-9]`, 'm').test(body),
      )
    }
    await waitUntil('every attack is refused', refusedAll, 45_000)
    waits.sort((a, b) => a - b)
    const p95 = waits[Math.floor(waits.length * 0.95)] as number
    console.log(
      `${connections} connections; ${waits.length} calls under siege, p50 ${waits[waits.length >> 1]?.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ` +
        `slowest ${waits.at(-1)?.toFixed(1)} ms; memory ${before.toFixed(0)} to ${largest.toFixed(0)} MB`,
    )
    expect(p95).toBeLessThan(500)
    expect(largest - before).toBeLessThan(250)
  } finally {
    await ended(siege)
  }
  await waitUntil('all of them are gone', async () => (await metric(coordinator, 'forkpool_ws_connections{role="client"}')) === 1, 20_000)
  expect(await pool.map('square', [1, 2, 3])).toEqual([1, 4, 9])
}, 120_000)
