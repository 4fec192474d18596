/** What the batches of a campaign run. Every run leaves a byte in a file of its worker, so that runs can be counted. */
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { taskContext } from '@forkpool/pool-core/task'

let runs: number | undefined

/** An item of work: its number, which no other item of the campaign has, and how long it takes. */
export interface Work {
  readonly n: number
  readonly ms: number
}

function count(): void {
  runs ??= openSync(join(process.env['FAULT_RUNS_DIR'] ?? '', String(process.pid)), 'a')
  writeSync(runs, '.')
}

export async function work({ n, ms }: Work): Promise<number> {
  count()
  await delay(ms)
  return answerTo(n)
}

/** Long texts: blocks by offset, and several frames. */
export async function echo(text: string): Promise<string> {
  count()
  await delay(2)
  return text
}

/** Fails in its first run. */
export async function flaky({ n, ms }: Work): Promise<number> {
  count()
  await delay(ms)
  if (taskContext().attempt === 1 && n % 7 === 0) throw new Error(`first run of ${n}`)
  return answerTo(n)
}

/** Ends its worker for one number. */
export async function poison({ n, bad }: { readonly n: number; readonly bad: number }): Promise<number> {
  count()
  if (n === bad) process.abort()
  await delay(1)
  return answerTo(n)
}

/** Takes more memory than a worker may have, for one number. */
export async function greedy({ n, bad, mb }: { readonly n: number; readonly bad: number; readonly mb: number }): Promise<number> {
  count()
  if (n !== bad) return answerTo(n)
  const hoard = Array.from({ length: mb }, () => new Uint8Array(1024 * 1024).fill(1))
  // Until it is noticed.
  await delay(60_000)
  return hoard.length
}

/** Never ends for one number. */
export function endless({ n, bad }: { readonly n: number; readonly bad: number }): number {
  count()
  while (n === bad);
  return answerTo(n)
}

/** What `work` and its like make of a number. */
export function answerTo(n: number): number {
  return 3 * n + 1
}
