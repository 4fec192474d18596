import { RING_CAPACITY, ringMemoryBytes } from '../../link/ring-layout.ts'
import { createNamelessFile } from '../../memory/nameless-file.ts'
import { NamelessMemory } from '../../memory/nameless-memory.ts'

/** The file behind the rings to one worker process, as its descriptor; undefined where the system has no place for it. */
export function createRingFile(): number | undefined {
  try {
    return createNamelessFile(ringMemoryBytes(RING_CAPACITY))
  } catch {
    // No shared memory, or none left: frames go through the pipe.
    return undefined
  }
}

/** @throws ForkpoolError NOT_SUPPORTED, or the system's error, where processes cannot share memory. */
export function demandRings(): void {
  new NamelessMemory(createNamelessFile(ringMemoryBytes(RING_CAPACITY))).close()
}
