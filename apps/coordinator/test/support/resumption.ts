import { expect } from 'vitest'
import type { ConnectOptions } from '@forkpool/client'
import type { BatchView } from '@forkpool/pool-core/protocol'
import { Coordinator, runForkpool } from './forkpool.ts'

export const MILLION = 1_000_000
/** A coordinator of this machine is back within seconds: no wait needs to be long. */
export const RECONNECT: ConnectOptions = { reconnect: { attempts: 200, minDelayMs: 20, maxDelayMs: 200 } }

export function serve(dataDir: string, port = 0): Promise<Coordinator> {
  return Coordinator.start(['--data-dir', dataDir, '--workers', '2'], {}, port)
}

export async function batches(url: string): Promise<readonly BatchView[]> {
  const { batches: all } = (await (await fetch(`${url}/api/v1/batches?limit=500`)).json()) as { batches: readonly BatchView[] }
  return all
}

/** Compared one by one: a million expected values would be made for nothing. */
export function expectSquares(results: readonly number[], count: number): void {
  expect(results.length).toBe(count)
  for (const [index, value] of results.entries()) if (value !== (index + 1) ** 2) expect(value, `result ${index}`).toBe((index + 1) ** 2)
}

/** Every task of every batch has one result. */
export async function expectVerified(url: string): Promise<void> {
  const { code, stdout } = await runForkpool(['verify'], '', { FORKPOOL_URL: url })
  expect(stdout).toMatch(/all as they should be/)
  expect(code).toBe(0)
}
