import type { Cancel, Clock, ExitCause } from '../base/index.ts'
import { after, ForkpoolError } from '../base/index.ts'
import type { PoolNote, WorkerNote } from '../link/note-channel.ts'
import type { RanMessage, RunMessage } from '../protocol/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'
import { LocalWorker } from './local-worker.ts'
import type { LocalWorkerEvents } from './local-worker.ts'
import type { StartedWorker, WorkerBackend, WorkerSetup } from './worker-backend.ts'

/** When so many workers in a row have ended before they were ready, and none ever was, there is no point in trying on. */
const FAILED_STARTS_MAX = 3

/** Of what workers wrote that cannot be set up, so many characters are said. */
const WORDS_SAID = 2_000

/** After one on standby has ended unasked the next is not started sooner: a module that ends its process would make a loop of forks. */
const STANDBY_RETRY_MS = 1_000

/** How a fleet sets up its workers. */
export interface FleetSetup extends Omit<WorkerSetup, 'workerId'> {
  /** A worker that has not come online by then is ended: its module hangs while it loads. */
  readonly startTimeoutMs: number
  /** Workers that are kept ready beyond those that were asked for, and how many there may be of both. */
  readonly standby: number
  readonly workersMax: number
}

/** What a fleet reports. Never from inside a call to the fleet. */
export interface FleetEvents {
  online(worker: WorkerId, tasks: readonly string[]): void
  /** A worker that was asked for is gone, also before it ever came online. Once for each. */
  lost(worker: WorkerId, exit: ExitCause): void
  ran(worker: WorkerId, message: RanMessage): void
  note(worker: WorkerId, note: WorkerNote): void
  /** No worker can be set up: a module or the initializer fails. */
  broken(error: ForkpoolError): void
}

/** Figures of a fleet since it began, and how many workers stand by. */
export interface FleetFigures {
  readonly standby: number
  readonly started: number
  /** Ended unasked. */
  readonly lost: number
}

/** The workers of a local pool: starts, ends and speaks with them. How many work, and who runs what, is the scheduler's to say. */
export class LocalFleet {
  readonly #backend: WorkerBackend
  readonly #setup: Omit<WorkerSetup, 'workerId'>
  readonly #startTimeoutMs: number
  readonly #standby: number
  readonly #workersMax: number
  readonly #clock: Clock
  readonly #events: FleetEvents
  readonly #workerEvents: LocalWorkerEvents
  /** Workers that have not ended. */
  readonly #workers = new Map<WorkerId, LocalWorker>()
  /** Of these, the ones that nobody has asked for yet, the oldest first. */
  readonly #spares = new Set<LocalWorker>()
  #started = 0
  #lost = 0
  /** Workers in a row that ended before any was ready; undefined once one was. */
  #failedStarts: number | undefined = 0
  #cancelRetry: Cancel | undefined
  #isEnding = false
  #isBroken = false
  /** Told when no worker is left. */
  #onEmpty: (() => void)[] = []

  constructor(backend: WorkerBackend, { startTimeoutMs, standby, workersMax, ...setup }: FleetSetup, clock: Clock, events: FleetEvents) {
    this.#backend = backend
    this.#setup = setup
    this.#startTimeoutMs = startTimeoutMs
    this.#standby = standby
    this.#workersMax = workersMax
    this.#clock = clock
    this.#events = events
    this.#workerEvents = {
      ready: (worker, tasks) => {
        this.#failedStarts = undefined
        if (!this.#spares.has(worker)) events.online(worker.id, tasks)
      },
      ran: (worker, message) => events.ran(worker.id, message),
      note: (worker, note) => events.note(worker.id, note),
      broken: (_worker, error) => this.#break(error),
      ended: (worker, exit) => this.#ended(worker, exit),
    }
  }

  figures(): FleetFigures {
    let standby = 0
    for (const worker of this.#spares) if (worker.isReady) standby++
    return { standby, started: this.#started, lost: this.#lost }
  }

  /** Starts what stands by; to be called once. */
  prepare(): void {
    this.#fillStandby()
  }

  /** So many workers more: those that stand by first, which are online at once. */
  startWorkers(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#takeSpare()) continue
      this.#start((id, exit) => this.#events.lost(id, exit))
    }
    this.#fillStandby()
  }

  run(worker: WorkerId, message: RunMessage): void {
    this.#workers.get(worker)?.run(message)
  }

  /** Tells a worker what goes beside the messages, in order with them. */
  note(worker: WorkerId, note: PoolNote, moved?: readonly ArrayBuffer[]): void {
    this.#workers.get(worker)?.note(note, moved)
  }

  abort(worker: WorkerId, shard: ShardId): void {
    this.#workers.get(worker)?.note({ kind: 'abort', shard })
  }

  kill(worker: WorkerId): void {
    this.#workers.get(worker)?.kill()
  }

  /** Ends a worker in good order, or by force after a while, or at once where it is not ready. */
  retire(worker: WorkerId): void {
    this.#workers.get(worker)?.stop()
  }

  /** Ends all workers, in good order or at once; resolves when none is left. */
  async end(how: 'stop' | 'kill'): Promise<void> {
    this.#isEnding = true
    this.#cancelRetry?.()
    for (const worker of this.#workers.values()) {
      if (how === 'stop') worker.stop()
      else worker.kill()
    }
    if (this.#workers.size === 0) return
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  /** @param refused called, later, where the system starts none. */
  #start(refused: (id: WorkerId, exit: ExitCause) => void): LocalWorker | undefined {
    const id = `w${++this.#started}` as WorkerId
    let started: StartedWorker
    try {
      started = this.#backend.start({ ...this.#setup, workerId: id })
    } catch (error) {
      const exit = { stderr: String(error) }
      queueMicrotask(() => {
        this.#countLost(exit, undefined)
        refused(id, exit)
      })
      return undefined
    }
    const worker = new LocalWorker({ id, started, clock: this.#clock, startTimeoutMs: this.#startTimeoutMs }, this.#workerEvents)
    this.#workers.set(id, worker)
    return worker
  }

  /** Gives one that stands by to the scheduler, a ready one first. False: there is none. */
  #takeSpare(): boolean {
    let taken: LocalWorker | undefined
    for (const worker of this.#spares) {
      if (taken === undefined || (worker.isReady && !taken.isReady)) taken = worker
    }
    if (taken === undefined) return false
    const worker = taken
    this.#spares.delete(worker)
    // One that is not ready yet says so itself.
    if (worker.isReady) queueMicrotask(() => this.#events.online(worker.id, worker.tasks))
    return true
  }

  #fillStandby(): void {
    if (this.#isEnding || this.#isBroken || this.#cancelRetry !== undefined) return
    while (this.#spares.size < this.#standby && this.#workers.size < this.#workersMax) {
      const worker = this.#start(() => this.#retryLater())
      if (worker === undefined) return
      this.#spares.add(worker)
    }
  }

  #ended(worker: LocalWorker, exit: ExitCause): void {
    this.#workers.delete(worker.id)
    if (!worker.isStopping) this.#countLost(exit, worker)
    if (!this.#spares.delete(worker)) this.#events.lost(worker.id, exit)
    else if (!worker.isStopping) this.#retryLater()
    this.#fillStandby()
    if (this.#workers.size === 0) for (const told of this.#onEmpty.splice(0)) told()
  }

  /** Nobody stands by any more: the next would end as this one. */
  #break(error: ForkpoolError): void {
    this.#isBroken = true
    this.#events.broken(error)
  }

  #retryLater(): void {
    this.#cancelRetry?.()
    const retry = (): void => {
      this.#cancelRetry = undefined
      this.#fillStandby()
    }
    this.#cancelRetry = this.#clock.schedule(after(this.#clock.now(), STANDBY_RETRY_MS), retry, { unref: true })
  }

  #countLost(exit: ExitCause, worker: LocalWorker | undefined): void {
    this.#lost++
    if (this.#failedStarts === undefined) return
    this.#failedStarts++
    if (this.#failedStarts < FAILED_STARTS_MAX) return
    const ended = exit.signal ?? `exit code ${exit.exitCode ?? 'unknown'}`
    const how = worker?.isOverdue === true ? `not within ${this.#startTimeoutMs} ms` : ended
    const words = exit.stderr === undefined ? '' : `; they wrote: ${exit.stderr.slice(-WORDS_SAID)}`
    this.#break(new ForkpoolError('TASK_MODULE', `workers end before they are ready (${how})${words}`))
  }
}
