import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import type { Clock, ExitCause } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { WorkerLink } from '@forkpool/pool-core/link'
import type { WorkerId } from '@forkpool/pool-core/scheduler'

/** Standard error of a worker that is kept for the error which tells of its end. */
const STDERR_KEPT_CHARACTERS = 4_000

/** After its end a worker's pipes may be held open by a process that it started: its last words are not waited for longer. */
const LAST_WORDS_MS = 200

/** How far a worker is. Only forward. */
export type WorkerPhase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'online'; readonly link: WorkerLink }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'exited' }

export interface WorkerProcessOptions {
  readonly id: WorkerId
  /** Place in the fleet; a later worker takes it over. */
  readonly slot: number
  /** Workers that ended unasked in this slot before. */
  readonly restarts: number
  /** Laid over this program's own variables; `undefined` takes one away. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

/** One forked worker: its process, its link, and how it ended. */
export class WorkerProcess {
  readonly id: WorkerId
  readonly slot: number
  readonly restarts: number
  readonly pid: number
  /** Wall time, milliseconds. */
  readonly startedAt: number
  /** Resolves once, when the process has ended and what it wrote is read. */
  readonly exited: Promise<ExitCause>
  phase: WorkerPhase = { kind: 'starting' }
  /** Set when we end it ourselves: the reason that metrics and logs give. */
  endReason: string | undefined
  /** The same in a sentence, for the error of what it ran. */
  endNote: string | undefined
  /** Resident memory when it was last looked at. */
  residentBytes: number | undefined
  tasksRun = 0
  shardsRun = 0
  readonly #process: Worker
  #stderr = ''

  constructor(options: WorkerProcessOptions, onOutput: (text: string, stream: 'stdout' | 'stderr') => void) {
    this.id = options.id
    this.slot = options.slot
    this.restarts = options.restarts
    this.startedAt = options.clock.wallTime()
    this.#process = cluster.fork(options.environment)
    this.pid = this.#process.process.pid ?? 0
    const { stdout, stderr } = this.#process.process
    stdout?.setEncoding('utf8').on('data', (text: string) => onOutput(text, 'stdout'))
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT_CHARACTERS)
      onOutput(text, 'stderr')
    })
    this.exited = this.#exit(options.clock)
  }

  /** Ends the process at once. */
  kill(): void {
    if (this.phase.kind !== 'exited') this.#process.process.kill('SIGKILL')
  }

  #exit(clock: Clock): Promise<ExitCause> {
    const { process } = this.#process
    return new Promise((resolve) => {
      const ended = (code: number | null, signal: string | null): void => {
        this.phase = { kind: 'exited' }
        resolve({
          exitCode: code ?? undefined,
          signal: signal ?? undefined,
          stderr: this.#stderr === '' ? undefined : this.#stderr.trimEnd(),
          reason: this.endNote,
          residentBytes: this.residentBytes,
        })
      }
      // `close` comes after `exit`, when the pipes are read.
      process.once('close', ended)
      process.once('exit', (code, signal) => {
        this.phase = { kind: 'exited' }
        clock.schedule(after(clock.now(), LAST_WORDS_MS), () => ended(code, signal), { unref: true })
      })
      process.once('error', () => ended(null, null))
    })
  }
}
