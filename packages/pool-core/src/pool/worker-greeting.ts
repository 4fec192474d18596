import type { MessagePort } from 'node:worker_threads'
import type { ThreadMemoryHandle } from '../memory/memory.ts'
import type { WorkerSetup } from './worker-backend.ts'

/** The file descriptor under which a worker process finds the pipe to its pool: the first behind standard input, output and error. */
export const LINK_DESCRIPTOR = 3

/** The file descriptor of the memory for the rings between them, where there is one. */
export const RING_DESCRIPTOR = 4

/** The first frame to a worker process, by structured clone. */
export interface ProcessGreeting {
  readonly setup: WorkerSetup
  /** Whether the pool has mapped the memory for the rings, so that the worker may join it. */
  readonly hasRing: boolean
  /** Where koffi's binary is, if the pool has found it. */
  readonly koffi: string | undefined
}

/** What a worker thread is started with. */
export interface ThreadGreeting {
  readonly setup: WorkerSetup
  readonly port: MessagePort
  /** For notes with buffers. */
  readonly notePort: MessagePort
  /** The memory for the rings to its pool, where there are any. */
  readonly ring: ThreadMemoryHandle | undefined
}
