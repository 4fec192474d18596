/** Task functions of the lessons that need no coordinator. What is shared is set up once in each worker, by an initializer. */
import { setTimeout as delay } from 'node:timers/promises'
import { Barrier, Lock, SharedMemory, Value } from '@forkpool/pool-core/sync'
import type { BarrierHandle, LockHandle, MemoryHandle, ValueHandle } from '@forkpool/pool-core/sync'

interface Shared {
  readonly counter: Value
  readonly lock: Lock
  readonly start: Barrier
}

let shared: Shared | undefined

/** Handles are plain data; `attach` makes them live in this worker. */
export function useCounter(counter: ValueHandle & { readonly type: 'i32' }, lock: LockHandle, start: BarrierHandle): void {
  shared = { counter: Value.attach(counter), lock: Lock.attach(lock), start: Barrier.attach(start) }
}

function counterOf(): Shared {
  if (shared === undefined) throw new Error('useCounter has not run in this worker')
  return shared
}

/** `counter += 1` is a reading and a writing. Between the two another process may write, and its update is lost. */
export function increment(times: number): void {
  const { counter, start } = counterOf()
  start.waitSync()
  for (let i = 0; i < times; i++) counter.value += 1
}

/** The lock makes one step of the two. */
export function incrementLocked(times: number): void {
  const { counter, lock, start } = counterOf()
  start.waitSync()
  for (let i = 0; i < times; i++) {
    using _held = lock.acquireSync()
    counter.value += 1
  }
}

let numbers: Float64Array | undefined

/** Sees the caller's numbers themselves, in a thread as in a process: nothing is copied. */
export function useNumbers(memory: MemoryHandle): void {
  const { buffer, byteOffset, byteLength } = SharedMemory.attach(memory).bytes
  numbers = new Float64Array(buffer, byteOffset, byteLength / 8)
}

/** Squares the numbers from `from` up to `to` where they lie. */
export function squareInPlace(from: number, to: number): void {
  if (numbers === undefined) throw new Error('useNumbers has not run in this worker')
  for (let i = from; i < to; i++) numbers[i] = (numbers[i] as number) ** 2
}

/** `n!`, exact. */
export function factorial(n: number): bigint {
  let product = 1n
  for (let i = 2n; i <= n; i++) product *= i
  return product
}

export const square = (n: number): number => n * n

export const power = (base: number, exponent: number): number => base ** exponent

/** Waits, and computes nothing. */
export async function pause(ms: number): Promise<number> {
  await delay(ms)
  return ms
}

/** How many primes there are below `n`, by trial division: computes, and waits for nothing. */
export function countPrimes(n: number): number {
  let count = 0
  for (let candidate = 2; candidate < n; candidate++) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= candidate && isPrime; divisor++) isPrime = candidate % divisor !== 0
    if (isPrime) count++
  }
  return count
}

/** The number of the process that runs this task. */
export const processNumber = (): number => process.pid
