/** One thread without any pool: takes tasks from a counter that it shares with others until none is left, and says so. */
import { parentPort } from 'node:worker_threads'
import { burn } from './tasks.mjs'

parentPort?.on('message', ({ rounds, tasks, counter }) => {
  const taken = new Int32Array(counter)
  while (Atomics.add(taken, 0, 1) < tasks) burn(rounds)
  parentPort?.postMessage('done')
})
