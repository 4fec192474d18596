/** The program of a worker thread. An error that nobody catches ends the thread, and reaches the pool as the thread's `error`. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../base/index.ts'
import { MessagePortLink } from '../../link/message-port-link.ts'
import { RingLink } from '../../link/ring-link.ts'
import type { ThreadMemoryHandle } from '../../memory/memory.ts'
import { ThreadMemory } from '../../memory/thread-memory.ts'
import type { ThreadGreeting } from '../worker-greeting.ts'
import { runWorker } from './run-worker.ts'

const { setup, port, notePort } = workerData as ThreadGreeting
const link = new RingLink(new MessagePortLink(port), systemClock)
link.whenOffered(() => {
  const offered = receiveMessageOnPort(notePort) as { readonly message: ThreadMemoryHandle } | undefined
  if (offered !== undefined) link.join(new ThreadMemory(offered.message), 1)
})

/** Of this thread alone: what is resident belongs to the whole program. */
function heapAndBuffers(): number {
  const { total_heap_size: heap, external_memory: buffers } = process.getBuiltinModule('node:v8').getHeapStatistics()
  return heap + buffers
}

await runWorker({
  setup,
  link,
  notePort,
  measure: heapAndBuffers,
  onFirstFrame: () => {},
  exit: (code) => process.exit(code),
})
