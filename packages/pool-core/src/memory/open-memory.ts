import { PollingMemory } from './polling-memory.ts'
import { ProcessMemory } from './process-memory.ts'
import { ThreadMemory } from './thread-memory.ts'
import type { Memory, MemoryHandle } from './memory.ts'

/** Who shall see a memory: the threads of this process, or several processes of this machine. */
export type MemoryKind = MemoryHandle['kind']

/** How to make a memory. */
export interface CreateMemoryOptions {
  /** Default `thread`. */
  readonly kind?: MemoryKind | undefined
  readonly byteLength: number
  /** Process memory only; without one a fresh name is made. */
  readonly name?: string | undefined
  /** Waits by polling even where the system could do better. */
  readonly polling?: boolean | undefined
}

/** Makes a zeroed memory. @throws ForkpoolError ALREADY_EXISTS, NOT_SUPPORTED (process memory on Windows). */
export function createMemory(options: CreateMemoryOptions): Memory {
  const memory = options.kind === 'process' ? ProcessMemory.create(options.byteLength, options.name) : new ThreadMemory(options.byteLength)
  return options.polling === true || memory.handle.waiting === 'polling' ? new PollingMemory(memory) : memory
}

/** The memory behind a handle, in this thread. @throws ForkpoolError NOT_FOUND when its name is gone. */
export function attachMemory(handle: MemoryHandle): Memory {
  const memory = handle.kind === 'process' ? ProcessMemory.attach(handle.name) : new ThreadMemory(handle)
  return handle.waiting === 'polling' || memory.handle.waiting === 'polling' ? new PollingMemory(memory) : memory
}
