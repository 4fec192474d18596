import { ForkpoolError } from '../base/errors.ts'
import type { Memory, MemoryHandle } from './memory.ts'
import { attachMemory, createMemory } from './open-memory.ts'
import type { MemoryKind } from './open-memory.ts'

/** How to make a shared memory. */
export interface SharedMemoryOptions {
  /** In bytes, 1 or more. */
  readonly size: number
  /** Default `process`. */
  readonly kind?: MemoryKind | undefined
  /** Process memory only. Without one a fresh name is made; with one, other programs attach by it. */
  readonly name?: string | undefined
}

/**
 * A block of bytes that other threads or processes see too, by its handle or by its name. `close` ends this holder's view; `unlink`
 * removes the name, once, by whoever is responsible. A name that its creator forgot is removed at the exit of its last holder, or, after
 * a crash, by the next program's sweep; one that anybody still holds never is. Source: `multiprocessing.shared_memory.SharedMemory`.
 */
export class SharedMemory {
  /** Words and waiting, for placing primitives in it: `new Lock({ memory: shared.memory, offset: 64 })`. */
  readonly memory: Memory
  readonly #size: number

  private constructor(memory: Memory, size: number) {
    this.memory = memory
    this.#size = size
  }

  /** Makes a zeroed block. @throws RangeError for a bad size; ForkpoolError ALREADY_EXISTS, BAD_ARGUMENT for a bad name. */
  static create(options: SharedMemoryOptions): SharedMemory {
    const { size, kind = 'process', name } = options
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`size: expected a whole number of bytes above 0, got ${size}`)
    if (name !== undefined && kind === 'thread')
      throw new ForkpoolError('BAD_ARGUMENT', 'name: only process memory has a name; thread memory travels by its handle')
    return new SharedMemory(createMemory({ kind, byteLength: size, name }), size)
  }

  /** Opens the block with this name or handle; its size is the one it was made with. @throws ForkpoolError NOT_FOUND. */
  static attach(source: string | MemoryHandle): SharedMemory {
    const handle: MemoryHandle = typeof source === 'string' ? { kind: 'process', name: source, byteLength: 0, waiting: 'futex' } : source
    const memory = attachMemory(handle)
    return new SharedMemory(memory, memory.bytes.byteLength)
  }

  /** The full name; `undefined` for thread memory. */
  get name(): string | undefined {
    const { handle } = this.memory
    return handle.kind === 'process' ? handle.name : undefined
  }

  /** In bytes; thread memory may have up to 7 more than asked for. */
  get size(): number {
    return this.#size
  }

  /** The bytes. Length 0 after `close`, also in views that were taken before. */
  get bytes(): Uint8Array {
    return this.memory.bytes
  }

  get handle(): MemoryHandle {
    return this.memory.handle
  }

  /** Ends this holder's view. Twice is fine. */
  close(): void {
    this.memory.close()
  }

  /** Removes the name; holders keep their views. @throws ForkpoolError NOT_FOUND the second time. */
  unlink(): void {
    this.memory.unlink()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
