import { ForkpoolError } from '../base/errors.ts'
import type { Memory, MemoryHandle } from '../memory/memory.ts'
import { attachMemory, createMemory } from '../memory/open-memory.ts'
import type { MemoryKind } from '../memory/open-memory.ts'

/** Where a primitive shall live. */
export interface PlaceOptions {
  /**
   * `thread` (default) for the threads of this process, `process` for several processes; each makes a memory of its own. Or a memory
   * that exists, for many primitives in one.
   */
  readonly memory?: MemoryKind | Memory | undefined
  /** In a given memory: the first byte, a multiple of 8. Default 0. The bytes are overwritten. */
  readonly offset?: number | undefined
}

/** What every handle has: plain data that survives structured clone, `workerData`, IPC and CBOR. */
export interface Handle<Kind extends string = string> {
  readonly forkpool: Kind
  readonly memory: MemoryHandle
  readonly offset: number
}

/** The words of one primitive in its memory. */
export interface Region {
  readonly memory: Memory
  /** Index of its first word. */
  readonly base: number
  readonly offset: number
  /** Whether the memory was made, or attached, for this one primitive: then it is closed with it. */
  readonly isOwn: boolean
}

/** Room for a new primitive, zeroed. @throws RangeError when it does not fit at `offset`. */
export function placeRegion(options: PlaceOptions, byteLength: number): Region {
  const { memory: where = 'thread', offset = 0 } = options
  if (typeof where === 'string') return { memory: createMemory({ kind: where, byteLength }), base: 0, offset: 0, isOwn: true }
  if (offset % 8 !== 0 || offset < 0 || offset + byteLength > where.bytes.byteLength)
    throw new RangeError(
      `offset: expected a multiple of 8 that leaves ${byteLength} bytes in a memory of ${where.bytes.byteLength}, got ${offset}`,
    )
  where.bytes.fill(0, offset, offset + byteLength)
  return { memory: where, base: offset / 4, offset, isOwn: false }
}

/** The words behind a handle. @throws ForkpoolError BAD_ARGUMENT for a handle of another kind, NOT_FOUND when the memory is gone. */
export function attachRegion(handle: Handle, kind: string): Region {
  if (handle.forkpool !== kind)
    throw new ForkpoolError('BAD_ARGUMENT', `handle: expected one of a ${kind}, got one of a ${handle.forkpool}`)
  return { memory: attachMemory(handle.memory), base: handle.offset / 4, offset: handle.offset, isOwn: true }
}

/** What all primitives share: a place, a handle, and an end. */
export abstract class SharedObject {
  protected readonly region: Region

  constructor(region: Region) {
    this.region = region
  }

  /** What to send to another thread or process, which calls `attach` on it. */
  abstract get handle(): Handle

  /** Whether this holder has given up its view. */
  get isClosed(): boolean {
    return this.region.memory.isClosed
  }

  /** Gives up this holder's view; the primitive lives on for the others. Later calls fail. Twice is fine. */
  close(): void {
    if (this.region.isOwn) this.region.memory.close()
  }

  /** Removes the name of a process primitive that has a memory of its own, so that nobody can attach any more. */
  unlink(): void {
    if (this.region.isOwn) this.region.memory.unlink()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
