import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { open } from 'lmdb'
import { makeDataDir } from './data-dir.ts'
import { STORE_FILE, syncFolder } from './store.ts'

/**
 * Writes the store in `dataDir`, as it is at one moment, into `target`: a folder on which a coordinator can be started. The coordinator of `dataDir` may run
 * meanwhile, and is not held up. Resolves with the bytes of the copy, when they are on the disk; after a failure there is no copy.
 * @throws ForkpoolError DATA_DIR, BAD_ARGUMENT where `target` has a store already.
 */
export async function backUp(dataDir: string, target: string): Promise<number> {
  const source = join(dataDir, STORE_FILE)
  if (!existsSync(source)) throw new ForkpoolError('DATA_DIR', `there is no store in ${dataDir}`)
  const copy = join(target, STORE_FILE)
  if (existsSync(copy)) throw new ForkpoolError('BAD_ARGUMENT', `${target} has a store already: name a new folder`)
  makeDataDir(target)
  const unfinished = `${copy}.unfinished`
  // For this user alone, from its first byte on.
  const mask = process.umask(0o077)
  try {
    rmSync(unfinished, { force: true })
    const store = open({ path: source, noSubdir: true, readOnly: true, encoding: 'binary', keyEncoding: 'binary' })
    try {
      await store.backup(unfinished, true)
    } finally {
      await store.close()
    }
    renameSync(unfinished, copy)
    syncFolder(target)
    return statSync(copy).size
  } catch (cause) {
    rmSync(unfinished, { force: true })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ForkpoolError('DATA_DIR', `the store in ${dataDir} could not be copied to ${target}: ${reason}`, { cause })
  } finally {
    process.umask(mask)
  }
}
