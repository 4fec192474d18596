import { inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { ExitCause } from '../../base/index.ts'
import { MessagePortLink } from '../../link/message-port-link.ts'
import { ENTRY_FLAGS, THREAD_ENTRY } from '../entry/entry-urls.ts'
import type { StartedWorker, WorkerBackend, WorkerSetup } from '../worker-backend.ts'

/** Workers that are threads of this program. One that calls `process.exit` or runs out of memory ends alone; a native abort ends the program. */
export class ThreadBackend implements WorkerBackend {
  readonly kind = 'thread'
  readonly #heapMb: number | undefined

  /** @param heapMb limit of each thread's heap, megabytes. */
  constructor(heapMb: number | undefined) {
    this.#heapMb = heapMb
  }

  start(setup: WorkerSetup): StartedWorker {
    const { port1, port2 } = new MessageChannel()
    const thread = new Worker(THREAD_ENTRY, {
      name: setup.workerId,
      workerData: { setup, port: port2 },
      transferList: [port2],
      ...(ENTRY_FLAGS.length > 0 && { execArgv: [...ENTRY_FLAGS] }),
      ...(this.#heapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: this.#heapMb } }),
    })
    const link = new MessagePortLink(port1, false)
    thread.unref()
    const closed = new Promise<void>((resolve) => port1.once('close', resolve))
    const exited = exitOf(thread).then(async (exit) => {
      // What the thread sent before its end is read before the port closes.
      await closed
      return exit
    })
    return { link, exited, kill: () => void thread.terminate() }
  }
}

function exitOf(thread: Worker): Promise<ExitCause> {
  let stderr: string | undefined
  thread.on('error', (error) => (stderr = inspect(error)))
  return new Promise((resolve) => thread.once('exit', (exitCode) => resolve({ exitCode, stderr })))
}
