import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../python/pool_map.py', import.meta.url))

/** A CPython that keeps a `multiprocessing.Pool` alive and measures its own `map`. */
export interface PythonPool {
  readonly version: string
  /** Squares of 1 to `count`; resolves with the seconds that Python measured around the call, after checking the sum. */
  readonly map: (count: number) => Promise<number>
  stop(): Promise<void>
}

/** Starts `python3 bench/python/pool_map.py SIZE`; rejects when there is none. */
export async function startPythonPool(size: number): Promise<PythonPool> {
  const child = spawn('python3', [SCRIPT, String(size)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`cannot run python3, which this bench compares with: ${error.message}`)))
    child.once('exit', () => resolve())
  })
  ended.catch(() => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next()
    if (done === true) {
      await ended
      throw new Error('python3 ended in the middle of the bench')
    }
    return JSON.parse(value) as Record<string, unknown>
  }
  const version = String((await next())['python'])
  return {
    version,
    async map(count) {
      child.stdin.write(`${count}\n`)
      const answer = await next()
      if (answer['length'] !== count || answer['sum'] !== sumOfSquares(count)) throw new Error('python3 gave wrong squares')
      return Number(answer['seconds'])
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

/** 1² + 2² + … + n², as JSON.parse reads Python's integer. */
function sumOfSquares(n: number): number {
  return Number((BigInt(n) * BigInt(n + 1) * BigInt(2 * n + 1)) / 6n)
}
