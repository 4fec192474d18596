import type { MessagePort } from 'node:worker_threads'
import type { ExitCause } from '../base/index.ts'
import type { WorkerLink } from '../link/worker-link.ts'

/** What every worker of a pool is told before its first task. */
export interface WorkerSetup {
  readonly workerId: string
  /** `file:` URLs. */
  readonly modules: readonly string[]
  /** Exported functions that run before the first task and after the last. */
  readonly initializer?: string | undefined
  readonly initializerArguments: readonly unknown[]
  readonly finalizer?: string | undefined
  /** Tasks that it runs at once. */
  readonly concurrency: number
  /** Where it runs several: one that was asked to end and does not for so long is left behind; milliseconds. */
  readonly abandonAfterMs: number
  /** Says with each report how much memory the worker takes. */
  readonly measuresMemory?: boolean | undefined
}

/** A worker that was started, whether or not it is ready. It does not keep the program alive. */
export interface StartedWorker {
  readonly link: WorkerLink
  /** For buffers that are shared or moved: of threads only. */
  readonly notePort?: MessagePort | undefined
  /** Resolves once, when the worker has ended and what it sent has been read. */
  readonly exited: Promise<ExitCause>
  /** Ends it at once, whatever it does. Twice is fine. */
  kill(): void
}

/** Where the workers of a pool live. */
export interface WorkerBackend {
  readonly kind: 'thread' | 'process'
  /** @throws Error where the system refuses. */
  start(setup: WorkerSetup): StartedWorker
}
