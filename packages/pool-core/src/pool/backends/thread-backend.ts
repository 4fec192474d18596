import type { MessagePort, Worker } from 'node:worker_threads'
import type { ExitCause } from '../../base/index.ts'
import { systemClock } from '../../base/index.ts'
import { MessagePortLink } from '../../link/message-port-link.ts'
import { RING_CAPACITY, ringMemoryBytes } from '../../link/ring-layout.ts'
import { RingLink } from '../../link/ring-link.ts'
import { ThreadMemory } from '../../memory/thread-memory.ts'
import { programFile } from '../../package-files.ts'
import { entryFlags, THREAD_ENTRY } from '../entry/entry-urls.ts'
import type { LinkKind } from '../options.ts'
import type { ThreadGreeting } from '../worker-greeting.ts'
import type { StartedWorker, WorkerBackend, WorkerSetup } from '../worker-backend.ts'

/** Workers that are threads of this program. One that calls `process.exit` or runs out of memory ends alone; a native abort ends the program. */
export class ThreadBackend implements WorkerBackend {
  readonly kind = 'thread'
  readonly #heapMb: number | undefined
  readonly #link: LinkKind | undefined

  /** @param heapMb limit of each thread's heap, megabytes. @param link how frames travel; undefined: by rings where they pay. */
  constructor(heapMb: number | undefined, link: LinkKind | undefined) {
    this.#heapMb = heapMb
    this.#link = link
  }

  start(setup: WorkerSetup): StartedWorker {
    const { MessageChannel, Worker } = process.getBuiltinModule('node:worker_threads')
    const { port1, port2 } = new MessageChannel()
    const notes = new MessageChannel()
    // Before the thread: where there is no memory, nothing has been started.
    const demanded = this.#link === 'ring' ? ringMemory() : undefined
    const flags = entryFlags()
    const thread = new Worker(programFile(THREAD_ENTRY), {
      name: setup.workerId,
      workerData: { setup, port: port2, notePort: notes.port2 } satisfies ThreadGreeting,
      transferList: [port2, notes.port2],
      ...(flags.length > 0 && { execArgv: [...flags] }),
      ...(this.#heapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: this.#heapMb } }),
    })
    const link = new RingLink(new MessagePortLink(port1, false), systemClock)
    if (demanded !== undefined) offer(link, notes.port1, demanded)
    else if (this.#link === undefined) link.whenWorthwhile(() => offerIfPossible(link, notes.port1))
    thread.unref()
    const closed = new Promise<void>((resolve) => port1.once('close', resolve))
    const exited = exitOf(thread).then(async (exit) => {
      // What the thread sent before its end is read before the port closes.
      await closed
      return exit
    })
    return { link, notePort: notes.port1, exited, kill: () => void thread.terminate() }
  }
}

/** @throws RangeError where no memory is left. */
function ringMemory(): ThreadMemory {
  return new ThreadMemory(ringMemoryBytes(RING_CAPACITY))
}

/** The memory goes through the port for buffers, and is there when the worker hears of it. */
function offer(link: RingLink, notePort: MessagePort, memory: ThreadMemory): void {
  notePort.postMessage(memory.handle)
  link.offer(memory)
}

function offerIfPossible(link: RingLink, notePort: MessagePort): void {
  try {
    offer(link, notePort, ringMemory())
  } catch {
    // No memory is left for it: frames go on through the port.
  }
}

function exitOf(thread: Worker): Promise<ExitCause> {
  let stderr: string | undefined
  thread.on('error', (error) => (stderr = process.getBuiltinModule('node:util').inspect(error)))
  return new Promise((resolve) => thread.once('exit', (exitCode) => resolve({ exitCode, stderr })))
}
