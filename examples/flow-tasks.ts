/** Task functions that wait, yield, call each other and share: for lesson 9. */
import { setTimeout as delay } from 'node:timers/promises'
import { carriedStorage, move, taskContext } from '@forkpool/pool-core'
import type { Lock, Value } from '@forkpool/pool-core/sync'

/** What the program knows of the request that it works for, and its tasks with it. */
export const request = carriedStorage<{ readonly id: string }>('request')

let inFlight = 0
let most = 0

/** Waits, as for a network, and says how many did so at once in its worker. */
export async function visit(ms: number): Promise<number> {
  most = Math.max(most, ++inFlight)
  await delay(ms)
  inFlight--
  return most
}

/** The primes, without end: whoever reads them says when it is enough. */
export function* primes(): Generator<number> {
  for (let n = 2; ; n++) {
    let divisor = 2
    while (divisor * divisor <= n && n % divisor !== 0) divisor++
    if (divisor * divisor > n) yield n
  }
}

/** By calls of calls: each waits for two more, and one worker is enough for all of them. */
export async function fibonacci(n: number): Promise<number> {
  if (n < 2) return n
  const pool = taskContext().pool<{ fibonacci: typeof fibonacci }>()
  const [a, b] = await Promise.all([pool.submit('fibonacci', n - 1), pool.submit('fibonacci', n - 2)])
  return a + b
}

/** Adds 1 so often under a lock that came as an argument. */
export function count(lock: Lock, counter: Value, times: number): void {
  for (let i = 0; i < times; i++) {
    using _held = lock.acquireSync()
    counter.value++
  }
}

/** Inverts the picture where it lies, and gives it back without a copy. */
export function invert(pixels: Uint8Array): Uint8Array {
  for (let i = 0; i < pixels.length; i++) pixels[i] = 255 - (pixels[i] ?? 0)
  taskContext().log(`${pixels.length} pixels inverted for request ${request.getStore()?.id}`)
  return move(pixels)
}
