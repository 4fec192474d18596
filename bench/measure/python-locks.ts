import { startPythonProgram } from './python-program.ts'

/** A CPython with another process and another thread, and primitives between them. */
export interface PythonLocks {
  readonly version: string
  /** Seconds, as Python measured them, of a measurement of bench/python/locks.py. */
  readonly seconds: (kind: 'thread' | 'process', measure: string, count: number) => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts `python3 bench/python/locks.py`; rejects when there is none. */
export async function startPythonLocks(): Promise<PythonLocks> {
  const { version, ask, stop } = await startPythonProgram('locks.py')
  return { version, seconds: async (kind, measure, count) => Number((await ask(`${kind} ${measure} ${count}`))['seconds']), stop }
}
