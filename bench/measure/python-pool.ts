import { startPythonProgram } from './python-program.ts'

/** A CPython that keeps a `multiprocessing.Pool` alive and measures its own `map`. */
export interface PythonPool {
  readonly version: string
  /** Squares of 1 to `count`; resolves with the seconds that Python measured around the call, after checking the sum. */
  readonly map: (count: number) => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts `python3 bench/python/pool_map.py SIZE`; rejects when there is none. */
export async function startPythonPool(size: number): Promise<PythonPool> {
  const { version, ask, stop } = await startPythonProgram('pool_map.py', [String(size)])
  return {
    version,
    async map(count) {
      const answer = await ask(String(count))
      if (answer['length'] !== count || answer['sum'] !== sumOfSquares(count)) throw new Error('python3 gave wrong squares')
      return Number(answer['seconds'])
    },
    stop,
  }
}

/** 1² + 2² + … + n², as JSON.parse reads Python's integer. */
function sumOfSquares(n: number): number {
  return Number((BigInt(n) * BigInt(n + 1) * BigInt(2 * n + 1)) / 6n)
}
