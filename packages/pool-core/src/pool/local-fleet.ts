import type { Cancel, Clock, ExitCause } from '../base/index.ts'
import { after, ForkpoolError } from '../base/index.ts'
import type { RanMessage, RunMessage, TaskListing, WorkerMessage } from '../protocol/index.ts'
import { decodeWorkerMessage, encodeCoordinatorMessage } from '../protocol/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'
import { toForkpoolError } from '../batch/index.ts'
import type { StartedWorker, WorkerBackend, WorkerSetup } from './worker-backend.ts'

/** A worker that has not come online by then is ended: its module hangs while it loads. */
const START_TIMEOUT_MS = 60_000

/** When so many workers in a row have ended before they were ready, and none ever was, there is no point in trying on. */
const FAILED_STARTS_MAX = 3

/** A worker that was asked to stop is ended by force after so long. */
const STOP_TIMEOUT_MS = 5_000

/** What a fleet reports. Never from inside a call to the fleet. */
export interface FleetEvents {
  online(worker: WorkerId, tasks: readonly TaskListing[]): void
  /** The worker is gone, also before it ever came online; `asked`: the pool wanted it. Once for each worker started. */
  lost(worker: WorkerId, exit: ExitCause, asked: boolean): void
  ran(worker: WorkerId, message: RanMessage): void
  /** No worker can be set up: a module or the initializer fails. */
  broken(error: ForkpoolError): void
}

interface LocalWorker {
  readonly started: StartedWorker
  phase: 'starting' | 'online' | 'stopping'
  /** Ends it where it does not start or stop in time. */
  cancelTimeout: Cancel
}

/** The workers of a local pool: starts, ends and speaks with them. How many there are, and who runs what, is the scheduler's to say. */
export class LocalFleet {
  readonly #backend: WorkerBackend
  readonly #setup: Omit<WorkerSetup, 'workerId'>
  readonly #clock: Clock
  readonly #events: FleetEvents
  /** Workers that have not ended. */
  readonly #workers = new Map<WorkerId, LocalWorker>()
  #startedCount = 0
  /** Workers in a row that ended before any was ready; undefined once one was. */
  #failedStarts: number | undefined = 0
  /** Told when no worker is left. */
  #onEmpty: (() => void)[] = []

  constructor(backend: WorkerBackend, setup: Omit<WorkerSetup, 'workerId'>, clock: Clock, events: FleetEvents) {
    this.#backend = backend
    this.#setup = setup
    this.#clock = clock
    this.#events = events
  }

  /** Workers started so far. */
  get startedCount(): number {
    return this.#startedCount
  }

  startWorkers(count: number): void {
    for (let i = 0; i < count; i++) this.#start()
  }

  run(worker: WorkerId, message: RunMessage): void {
    this.#workers.get(worker)?.started.link.send(encodeCoordinatorMessage(message))
  }

  abort(worker: WorkerId, shard: ShardId): void {
    this.#workers.get(worker)?.started.link.send(encodeCoordinatorMessage({ kind: 'abort', shard }))
  }

  kill(id: WorkerId): void {
    const worker = this.#workers.get(id)
    if (worker === undefined) return
    worker.phase = 'stopping'
    worker.started.kill()
  }

  /** Ends a worker in good order, or by force after a while, or at once where it is not ready. */
  retire(id: WorkerId): void {
    const worker = this.#workers.get(id)
    if (worker === undefined || worker.phase === 'stopping') return
    if (worker.phase === 'starting') worker.started.kill()
    else worker.started.link.send(encodeCoordinatorMessage({ kind: 'stop' }))
    worker.phase = 'stopping'
    worker.cancelTimeout()
    worker.cancelTimeout = this.#clock.schedule(after(this.#clock.now(), STOP_TIMEOUT_MS), () => worker.started.kill(), { unref: true })
  }

  /** Ends all workers, in good order or at once; resolves when none is left. */
  async end(how: 'stop' | 'kill'): Promise<void> {
    for (const id of this.#workers.keys()) {
      if (how === 'stop') this.retire(id)
      else this.kill(id)
    }
    if (this.#workers.size === 0) return
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  #start(): void {
    const id = `w${++this.#startedCount}` as WorkerId
    let started: StartedWorker
    try {
      started = this.#backend.start({ ...this.#setup, workerId: id })
    } catch (error) {
      queueMicrotask(() => this.#ended(id, { stderr: String(error) }))
      return
    }
    const cancelTimeout = this.#clock.schedule(after(this.#clock.now(), START_TIMEOUT_MS), () => started.kill(), { unref: true })
    const worker: LocalWorker = { started, phase: 'starting', cancelTimeout }
    this.#workers.set(id, worker)
    started.link.onFrame((frame) => this.#receive(id, worker, frame))
    // A link that ends before its worker: the worker cannot be reached any more and must not go on.
    started.link.onClose(() => {
      if (worker.phase !== 'stopping') started.kill()
    })
    void started.exited.then((exit) => this.#ended(id, exit))
  }

  #receive(id: WorkerId, worker: LocalWorker, frame: Uint8Array): void {
    let message: WorkerMessage
    try {
      message = decodeWorkerMessage(frame)
    } catch {
      worker.started.kill()
      return
    }
    switch (message.kind) {
      case 'ready':
        worker.cancelTimeout()
        this.#failedStarts = undefined
        if (worker.phase !== 'starting') return
        worker.phase = 'online'
        this.#events.online(id, message.tasks)
        return
      case 'broken':
        this.#events.broken(toForkpoolError(message.error))
        return
      case 'ran':
        this.#events.ran(id, message)
    }
  }

  #ended(id: WorkerId, exit: ExitCause): void {
    const worker = this.#workers.get(id)
    worker?.cancelTimeout()
    this.#workers.delete(id)
    const asked = worker?.phase === 'stopping'
    if (!asked && this.#failedStarts !== undefined) this.#countFailedStart(exit)
    this.#events.lost(id, exit, asked)
    if (this.#workers.size === 0) for (const told of this.#onEmpty.splice(0)) told()
  }

  #countFailedStart(exit: ExitCause): void {
    this.#failedStarts = (this.#failedStarts ?? 0) + 1
    if (this.#failedStarts < FAILED_STARTS_MAX) return
    const how = exit.signal ?? `exit code ${exit.exitCode ?? 'unknown'}`
    const words = exit.stderr === undefined ? '' : `; they wrote: ${exit.stderr.slice(-500)}`
    this.#events.broken(new ForkpoolError('TASK_MODULE', `workers end before they are ready (${how})${words}`))
  }
}
