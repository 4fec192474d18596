import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Threads that do nothing but the tasks: what no pool can be faster than. */
export interface BareThreads {
  /** Milliseconds of so many tasks of so many rounds, shared out by a counter in shared memory. */
  burn(rounds: number, tasks: number): Promise<number>
  stop(): Promise<void>
}

export function openBareThreads(count: number): BareThreads {
  const threads = Array.from({ length: count }, () => new Worker(new URL('./workers/alone.mjs', import.meta.url)))
  return {
    async burn(rounds, tasks) {
      const counter = new SharedArrayBuffer(4)
      const answers = threads.map((thread) => once(thread, 'message'))
      const startedAt = performance.now()
      for (const thread of threads) thread.postMessage({ rounds, tasks, counter })
      await Promise.all(answers)
      return performance.now() - startedAt
    },
    async stop() {
      await Promise.all(threads.map((thread) => thread.terminate()))
    },
  }
}
