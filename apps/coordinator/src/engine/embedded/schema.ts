import { ForkpoolError } from '@forkpool/pool-core/base'
import { VERSION_KEY } from './keys.ts'
import type { Change, Store } from './store.ts'
import { loadRecord, storeRecord } from './stored-block.ts'

/**
 * Changes a store from one version to the next, in a single commit with the new number. `read` gives what is stored now.
 * What a step returns must fit into memory: one that rewrites blocks would have to go batch by batch.
 */
export type Migration = (store: Pick<Store, 'get' | 'keys' | 'entries'>) => readonly Change[]

/**
 * Versions of what is stored, and the way from each to the next: `MIGRATIONS[n]` leads from version n + 1 to n + 2.
 *
 * 1: the first.
 * 2: the item of a task that has a result need not be there. An older Forkpool would take such a batch for a shorter one; what it wrote is as it should be.
 */
const MIGRATIONS: readonly Migration[] = [() => []]

/**
 * Brings a store to the newest version; marks a new one with it.
 * @throws ForkpoolError DATA_DIR for a store that a newer Forkpool wrote: this one would misread it, so nothing is touched.
 */
export async function migrate(store: Store, dataDir: string, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const newest = migrations.length + 1
  const stored = store.get(VERSION_KEY)
  if (stored === undefined) {
    await store.commit([versionMark(newest)])
    return
  }
  const { version } = loadRecord(stored, 'the version of the store') as { readonly version: number }
  if (version > newest)
    throw new ForkpoolError(
      'DATA_DIR',
      `data directory ${dataDir} has version ${version}, and this Forkpool knows versions up to ${newest}: use the Forkpool that wrote it, or another --data-dir`,
    )
  for (let at = version; at < newest; at++) {
    const step = migrations[at - 1] as Migration
    await store.commit([...step(store), versionMark(at + 1)])
  }
}

function versionMark(version: number): Change {
  return { key: VERSION_KEY, value: storeRecord({ version }) }
}
