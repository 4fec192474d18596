import { mkdirSync } from 'node:fs'
import { ForkpoolError } from '@forkpool/pool-core/base'

/**
 * Makes the data directory, if it is not there, for its owner alone. One that is there keeps its mode: a mounted volume belongs to
 * somebody else, and what is written into it is readable by its owner alone anyway. @throws ForkpoolError DATA_DIR.
 */
export function makeDataDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ForkpoolError('DATA_DIR', `data directory ${path} cannot be made: ${reason}`, { cause })
  }
}
