import { chmodSync, closeSync, fsyncSync, openSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@forkpool/pool-core/base'
import { ForkpoolError, systemClock } from '@forkpool/pool-core/base'
import type { RootDatabase } from 'lmdb'
import { open } from 'lmdb'
import type { DiskSpace } from './disk-room.ts'
import { allocator } from './allocate.ts'
import { FileRoom } from './file-room.ts'
import type { FileFigures } from './file-room.ts'
import { keepFreedPages } from './keep-freed-pages.ts'
import type { KeyRange } from './keys.ts'

/** One change: `value` undefined takes the key away. */
export interface Change {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

export interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** The store's file in a data directory. */
export const STORE_FILE = 'forkpool.lmdb'
/** The part of LMDB's figures that is read here. */
interface LmdbFigures extends LmdbTree {
  readonly pageSize: number
  readonly lastPageNumber: number
  /** The tree in which LMDB keeps its free pages. */
  readonly free: LmdbTree
}

interface LmdbTree {
  readonly treeLeafPageCount: number
  readonly treeBranchPageCount: number
  readonly overflowPages: number
}

/** Pages before all others, which say where the trees begin. */
const HEAD_PAGES = 2

/** Below this a failed write is a full disk, whatever the system called it: LMDB says EIO when only a part of a page found room. */
const FULL_BELOW_BYTES = 2 * 1024 * 1024

/** The file of the embedded engine: keys and values in LMDB, and one commit at a time. */
export class Store {
  readonly #db: RootDatabase<Buffer, Buffer>
  readonly #dataDir: string
  readonly #room: FileRoom

  /** Opens or makes the store in the folder, which must exist. @throws ForkpoolError DATA_DIR. */
  constructor(dataDir: string, clock: Clock = systemClock) {
    this.#dataDir = dataDir
    const path = join(dataDir, STORE_FILE)
    keepFreedPages()
    try {
      this.#db = open({
        path,
        noSubdir: true,
        encoding: 'binary',
        keyEncoding: 'binary',
        cache: false,
        // A commit resolves when it is on the disk, and fails when it is not: LMDB's own order of data, flush, root, flush.
        overlappingSync: false,
        // Groups are formed in group-commit.ts: LMDB starts at once with what it is given.
        eventTurnBatching: false,
        txnStartThreshold: 1,
        // Address space, not memory: the map grows without moving while readers look at it.
        mapSize: 2 ** 40,
      } as Parameters<typeof open>[0]) as RootDatabase<Buffer, Buffer>
      for (const file of [path, `${path}-lock`]) chmodSync(file, 0o600)
      syncFolder(dataDir)
      this.#room = new FileRoom({
        path,
        figures: () => this.#figures(),
        allocator: allocator(),
        freeBytes: () => this.space().freeBytes,
        clock,
      })
    } catch (cause) {
      throw new ForkpoolError('DATA_DIR', `the store in ${dataDir} cannot be opened: ${textOf(cause)}`, { cause })
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#db.getBinary(key as Buffer)
  }

  /** Keys of the range, `limit` at most, as copies. */
  keys(range: KeyRange, limit: number, reverse = false): readonly Uint8Array[] {
    return Array.from(this.#db.getKeys({ ...bounds(range, reverse), limit }), (key) => Buffer.from(key))
  }

  /** Entries of the range, `limit` at most, as copies. */
  entries(range: KeyRange, limit: number, reverse = false): readonly Entry[] {
    return Array.from(this.#db.getRange({ ...bounds(range, reverse), limit }), ({ key, value }) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
    }))
  }

  /**
   * Makes all changes or none; resolves when they are on the disk. One commit at a time.
   * @throws ForkpoolError DISK_FULL, ENGINE_FAILED.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    try {
      await this.#room.during(changes, () => this.#commit(changes))
    } catch (error) {
      throw error instanceof ForkpoolError ? error : this.#explain(error)
    }
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    try {
      await this.#db.batch(() => {
        for (const { key, value } of changes) {
          // Of a batch only the whole counts: these promises resolve at once.
          if (value === undefined) void this.#db.remove(key as Buffer)
          else void this.#db.put(key as Buffer, value as Buffer)
        }
      })
    } catch (error) {
      this.#room.misjudged()
      throw this.#explain(await causeOf(error))
    }
  }

  /** What the file system has left. */
  space(): DiskSpace {
    const { bavail, blocks, bsize } = statfsSync(this.#dataDir)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, fileBytes: statSync(join(this.#dataDir, STORE_FILE)).size }
  }

  async close(): Promise<void> {
    await this.#room.close()
    await this.#db.close()
  }

  #figures(): FileFigures {
    const stats = this.#db.getStats() as LmdbFigures
    return {
      pageBytes: stats.pageSize,
      lastPage: stats.lastPageNumber,
      treePages: stats.treeLeafPageCount + stats.treeBranchPageCount,
      usedPages: HEAD_PAGES + pagesOf(stats) + pagesOf(stats.free),
    }
  }

  #explain(cause: unknown): ForkpoolError {
    const isFull = isFullError(cause) || this.space().freeBytes < FULL_BELOW_BYTES
    if (isFull) return new ForkpoolError('DISK_FULL', `the disk of ${this.#dataDir} is full`, { cause })
    return new ForkpoolError('ENGINE_FAILED', `the store in ${this.#dataDir} failed: ${textOf(cause)}`, { cause })
  }
}

function pagesOf({ treeLeafPageCount, treeBranchPageCount, overflowPages }: LmdbTree): number {
  return treeLeafPageCount + treeBranchPageCount + overflowPages
}

/** LMDB walks backwards from `start` to `end`, without `end`, and takes the place before a key that is not there. */
function bounds(range: KeyRange, reverse: boolean): object {
  return reverse ? { start: range.end, end: range.start, reverse: true, exclusiveStart: true, inclusiveEnd: true } : range
}

/** A failed commit carries what was wrong in a promise of its own. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> }
  if (commitError === undefined) return error
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  )
}

/** ENOSPC, EDQUOT, EFBIG, by name from Node and by number from LMDB; LMDB's own MDB_MAP_FULL. */
function isFullError(cause: unknown): boolean {
  const { code } = cause as { code?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return true
  return code === 28 || code === 122 || code === 27 || code === -30_792
}

/** A new file is there after a power cut only when its folder was written too. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
