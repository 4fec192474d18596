import { resolve } from 'node:path'
import type { Clock } from '@forkpool/pool-core/base'
import type { ForkpoolError } from '@forkpool/pool-core/base'
import type { Retention } from '../retention.ts'
import { BatchReader } from './batch-reader.ts'
import { makeDataDir } from './data-dir.ts'
import { DataLock } from './data-lock.ts'
import { DiskRoom } from './disk-room.ts'
import { EndedBatches } from './ended-batches.ts'
import { GroupCommit } from './group-commit.ts'
import { migrate } from './schema.ts'
import type { Store } from './store.ts'
import { WorkGate } from './work-gate.ts'

export interface EmbeddedOptions {
  readonly clock: Clock
  /** A folder for this engine alone; it is made if it is not there. */
  readonly dataDir: string
  readonly retention: Retention
  /** Bytes that batches may take on the disk: ended ones make room for open ones, and then new work is refused. */
  readonly bytesMax: number
}

/** What the engine is made of while its data directory is open. */
export interface EmbeddedParts {
  readonly lock: DataLock
  readonly store: Store
  readonly reader: BatchReader
  readonly writes: GroupCommit
  readonly gate: WorkGate
  readonly ended: EndedBatches
}

/** Opens the data directory. When it throws, nothing stays open. @throws ForkpoolError DATA_DIR, DISK_FULL, ENGINE_FAILED. */
export async function openParts(options: EmbeddedOptions, openBytes: () => number): Promise<EmbeddedParts> {
  const { clock, retention, bytesMax } = options
  const dataDir = resolve(options.dataDir)
  makeDataDir(dataDir)
  const lock = new DataLock(dataDir)
  let store: Store | undefined
  try {
    // LMDB is native code: who runs without a disk never loads it.
    const { Store: OpenStore } = await import('./store.ts')
    store = new OpenStore(dataDir, clock)
    await migrate(store, dataDir)
  } catch (error) {
    await store?.close()
    lock.release()
    throw error
  }
  const reader = new BatchReader(store)
  const room = new DiskRoom(clock, store.space.bind(store))
  const gate = new WorkGate(clock, room, bytesMax)
  const writes = new GroupCommit(committing(store, gate))
  return {
    lock,
    store,
    reader,
    writes,
    gate,
    ended: new EndedBatches({ clock, store, reader, writes, retention, bytesMax, openBytes, room }),
  }
}

/** The store's commit; the gate hears how it went. */
function committing(store: Store, gate: WorkGate): Store['commit'] {
  return async (changes) => {
    try {
      await store.commit(changes)
      gate.committed()
    } catch (error) {
      gate.committed(error as ForkpoolError)
      throw error
    }
  }
}
