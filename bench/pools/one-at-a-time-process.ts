/** One life of a process pool and of a child process behind Node's own IPC, called in turns, and what each slice of calls took. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BenchPool } from './bench-pool.ts'
import { FORKPOOL_PROCESSES } from './kinds.ts'
import { timeCalls } from './time-calls.ts'

const POOL_SIZE = 2
const WARM_UP_CALLS = 2_000
const SLICES = 12
const CALLS_PER_SLICE = 250

/** Microseconds of the calls of one slice. */
export interface Pair {
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
}

async function main(): Promise<readonly Pair[]> {
  const echo = await openEcho()
  const own = await FORKPOOL_PROCESSES.open(POOL_SIZE)
  await timeCalls(own.square, WARM_UP_CALLS)
  await timeCalls(echo.square, WARM_UP_CALLS)
  const pairs: Pair[] = []
  for (let i = 0; i < SLICES; i++) {
    const ours = await timeCalls(own.square, CALLS_PER_SLICE)
    pairs.push({ ours, theirs: await timeCalls(echo.square, CALLS_PER_SLICE) })
  }
  await Promise.all([echo.stop(), own.stop()])
  return pairs
}

/** A child process behind Node's own IPC channel that gives back what it gets. */
async function openEcho(): Promise<Pick<BenchPool, 'square' | 'stop'>> {
  const child = fork(fileURLToPath(new URL('./workers/ipc-echo.mjs', import.meta.url)), { execArgv: [] })
  let answer: (message: number) => void = () => {}
  child.on('message', (message) => answer(message as number))
  return {
    square(n) {
      return new Promise((resolve) => {
        answer = resolve
        child.send(n * n)
      })
    },
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

console.log(JSON.stringify(await main()))
process.exit(0)
