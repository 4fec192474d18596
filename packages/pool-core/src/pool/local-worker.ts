import type { Cancel, Clock, ExitCause, ForkpoolError } from '../base/index.ts'
import { after } from '../base/index.ts'
import { toForkpoolError } from '../batch/index.ts'
import { isNote, NoteChannel } from '../link/note-channel.ts'
import type { PoolNote, WorkerNote } from '../link/note-channel.ts'
import type { RanMessage, RunMessage, WorkerMessage } from '../protocol/index.ts'
import { decodeWorkerMessage, encodeCoordinatorMessage } from '../protocol/index.ts'
import type { WorkerId } from '../scheduler/index.ts'
import type { StartedWorker } from './worker-backend.ts'

/** A worker that was asked to stop is ended by force after so long. */
const STOP_TIMEOUT_MS = 5_000

/** What a worker reports. */
export interface LocalWorkerEvents {
  /** Its modules are loaded and its initializer has run. */
  readonly ready: (worker: LocalWorker, tasks: readonly string[]) => void
  readonly ran: (worker: LocalWorker, message: RanMessage) => void
  /** What it says beside the messages of the protocol. */
  readonly note: (worker: LocalWorker, note: WorkerNote) => void
  /** It cannot be set up, and ends. */
  readonly broken: (worker: LocalWorker, error: ForkpoolError) => void
  /** Once, last. */
  readonly ended: (worker: LocalWorker, exit: ExitCause) => void
}

export interface LocalWorkerParts {
  readonly id: WorkerId
  readonly started: StartedWorker
  readonly clock: Clock
  /** It is ended when it is not ready by then. */
  readonly startTimeoutMs: number
}

/** One worker of a local pool, from its start to its end. */
export class LocalWorker {
  readonly id: WorkerId
  readonly #started: StartedWorker
  readonly #clock: Clock
  readonly #notes: NoteChannel<PoolNote, WorkerNote>
  readonly #events: LocalWorkerEvents
  #phase: 'starting' | 'ready' | 'stopping' = 'starting'
  #tasks: readonly string[] = []
  #isOverdue = false
  /** Ends it where it does not start or stop in time. */
  #cancelTimeout: Cancel

  constructor({ id, started, clock, startTimeoutMs }: LocalWorkerParts, events: LocalWorkerEvents) {
    this.id = id
    this.#started = started
    this.#clock = clock
    this.#notes = new NoteChannel(started.link, started.notePort)
    this.#events = events
    this.#cancelTimeout = this.#endIn(startTimeoutMs, () => (this.#isOverdue = true))
    started.link.onFrame((frame) => this.#receive(frame))
    // A link that ends before its worker: the worker cannot be reached any more and must not go on.
    started.link.onClose(() => {
      if (this.#phase !== 'stopping') started.kill()
    })
    void started.exited.then((exit) => {
      this.#cancelTimeout()
      events.ended(this, exit)
    })
  }

  get isReady(): boolean {
    return this.#phase === 'ready'
  }

  /** Somebody wants it to end. */
  get isStopping(): boolean {
    return this.#phase === 'stopping'
  }

  /** It was not ready in time, and was ended for that. */
  get isOverdue(): boolean {
    return this.#isOverdue
  }

  /** What it can run, once it is ready. */
  get tasks(): readonly string[] {
    return this.#tasks
  }

  run(message: RunMessage): void {
    this.#started.link.send(encodeCoordinatorMessage(message))
  }

  /** What goes beside the messages, in order with them; `moved` buffers are gone here. */
  note(note: PoolNote, moved?: readonly ArrayBuffer[]): void {
    if (moved === undefined) this.#notes.send(note)
    else this.#notes.sendAttached(note, moved)
  }

  kill(): void {
    this.#phase = 'stopping'
    this.#started.kill()
  }

  /** Ends it in good order, or by force after a while, or at once where it is not ready. */
  stop(): void {
    if (this.#phase === 'stopping') return
    if (this.#phase === 'starting') this.#started.kill()
    else this.note({ kind: 'stop' })
    this.#phase = 'stopping'
    this.#cancelTimeout()
    this.#cancelTimeout = this.#endIn(STOP_TIMEOUT_MS, () => {})
  }

  #endIn(ms: number, told: () => void): Cancel {
    const end = (): void => {
      told()
      this.#started.kill()
    }
    return this.#clock.schedule(after(this.#clock.now(), ms), end, { unref: true })
  }

  #receive(frame: Uint8Array): void {
    let message: WorkerMessage | undefined
    let note: WorkerNote | undefined
    try {
      if (isNote(frame)) note = this.#notes.read(frame)
      else message = decodeWorkerMessage(frame)
    } catch {
      this.#started.kill()
      return
    }
    if (note !== undefined) this.#hear(note)
    else if (message?.kind === 'ran') this.#events.ran(this, message)
    // Of its other messages, the workers of a local pool say the like in notes.
    else this.#started.kill()
  }

  #hear(note: WorkerNote): void {
    switch (note.kind) {
      case 'ready':
        if (this.#phase !== 'starting') return
        this.#cancelTimeout()
        this.#phase = 'ready'
        this.#tasks = note.tasks
        return this.#events.ready(this, note.tasks)
      case 'broken':
        return this.#events.broken(this, toForkpoolError(note.error))
      default:
        this.#events.note(this, note)
    }
  }
}
