import { parentPort, workerData } from 'node:worker_threads'
import { BLOCK, BLOCK_BYTES } from './futex-waiter-block.ts'
import { posix } from './posix.ts'

/** How long a sleep lasts at most: `worker.terminate()` of the owner takes effect only between two sleeps. */
const SLEEP_MS = 250

/**
 * The waiter thread of `futex-waiter.ts`: sleeps until any of its words is woken or differs, tells the loop, and sleeps on the control
 * word until the loop has looked. Whatever changes while the loop looks is seen by the loop's own reading, or by the kernel's comparison
 * when the thread sleeps again.
 */
function run(block: number): void {
  const libc = posix()
  const buffer = libc.view(block, BLOCK_BYTES)
  const words = new Int32Array(buffer)
  const entries = new BigUint64Array(buffer)
  while (Atomics.load(words, BLOCK.STOP) === 0) {
    const generation = Atomics.load(words, BLOCK.GENERATION)
    entries[BLOCK.ENTRIES / 2] = BigInt(generation >>> 0)
    const wasTimeOut = libc.futexWaitv(block + 4 * BLOCK.ENTRIES, Atomics.load(words, BLOCK.COUNT) + 1, SLEEP_MS) === 'timed-out'
    if (wasTimeOut || Atomics.load(words, BLOCK.GENERATION) !== generation) continue
    parentPort?.postMessage(0)
    while (Atomics.load(words, BLOCK.GENERATION) === generation) libc.futexWait(block + 4 * BLOCK.GENERATION, generation, SLEEP_MS)
  }
}

run(workerData as number)
