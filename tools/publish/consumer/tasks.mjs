import { Lock, Value } from '@forkpool/pool-core/sync'

/** @type {{ lock: Lock, counter: Value } | undefined} */
let shared

/**
 * @param {import('@forkpool/pool-core/sync').LockHandle} lock
 * @param {import('@forkpool/pool-core/sync').ValueHandle & { readonly type: 'i32' }} counter
 */
export function share(lock, counter) {
  shared = { lock: Lock.attach(lock), counter: Value.attach(counter) }
}

/** @param {number} n */
export const square = (n) => n * n

/** @param {number} times */
export async function count(times) {
  if (shared === undefined) throw new Error('share has not run')
  for (let i = 0; i < times; i++) {
    const held = await shared.lock.acquire()
    shared.counter.value += 1
    held.release()
  }
  return times
}
