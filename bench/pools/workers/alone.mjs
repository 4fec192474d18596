/** One thread without any pool: burns as many rounds as each message says, and answers with the milliseconds that it took. */
import { parentPort } from 'node:worker_threads'
import { burn } from './tasks.mjs'

parentPort?.on('message', (rounds) => {
  const startedAt = performance.now()
  burn(rounds)
  parentPort?.postMessage(performance.now() - startedAt)
})
