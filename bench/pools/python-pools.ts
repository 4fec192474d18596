import { startPythonProgram } from '../measure/python-program.ts'

/** The measurements that `bench/python/pools.py` knows, each of squares. */
export type PythonMeasurement =
  | 'Pool.map'
  | 'ProcessPoolExecutor.map'
  | 'Pool.apply_async'
  | 'ProcessPoolExecutor.submit'
  | 'ThreadPoolExecutor.submit'

/** A CPython that keeps a pool of each kind and measures itself. */
export interface PythonPools {
  readonly version: string
  /** Milliseconds that Python measured around the call, after a look at the results. */
  readonly time: (what: PythonMeasurement, count: number) => Promise<number>
  stop(): Promise<void>
}

/** Rejects where there is no `python3`. */
export async function startPythonPools(size: number): Promise<PythonPools> {
  const program = await startPythonProgram('pools.py', [String(size)])
  return {
    version: program.version,
    async time(what, count) {
      const { seconds, length, last } = await program.ask(`${what} ${count}`)
      if (length !== count || last !== (count - 1) ** 2) throw new Error('python3 gave wrong squares')
      return Number(seconds) * 1000
    },
    stop: () => program.stop(),
  }
}
