import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Cancel, Clock, ExitCause, Random } from '@forkpool/pool-core/base'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import { sendTo } from '@forkpool/pool-core/link'
import type { WorkerLink } from '@forkpool/pool-core/link'
import type { RunMessage, WorkerMessage } from '@forkpool/pool-core/protocol'
import { decodeWorkerMessage, encodeCoordinatorMessage, encodeCoordinatorParts } from '@forkpool/pool-core/protocol'
import type { ShardId, WorkerId } from '@forkpool/pool-core/scheduler'
import type { FleetEvents, WorkerFleet } from '../worker-fleet.ts'
import type { Log } from '../log.ts'
import type { Service } from '../service/service.ts'
import { encodeWorkerEnvironment } from '../worker/worker-environment.ts'
import { permissionFlags } from '../worker/worker-permissions.ts'
import { isTired, memoryExcess } from './worker-limits.ts'
import type { WorkerLimits } from './worker-limits.ts'
import { workerProgram } from './worker-program.ts'
import { WorkerDoor } from './worker-door.ts'
import { WorkerProcess } from './worker-process.ts'

/** When so many workers in a row have ended before they were ready, and none ever was, there is no point in trying on. */
const FAILED_STARTS_MAX = 3

/** A worker that was asked to stop is ended by force after so long. */
const STOP_TIMEOUT_MS = 2_000

export interface FleetParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly taskModules: readonly string[]
  readonly taskRoots: readonly string[]
  readonly limits: WorkerLimits
  /** Variables that workers inherit besides the harmless ones. */
  readonly workerEnv: readonly string[]
  /** How long the first workers, as many as there are processors, stay awake for the next small call. */
  readonly loopPollMs: number
  /** Undefined: workers may do what this program may. */
  readonly permissions: { readonly addons: boolean } | undefined
}

/**
 * Worker processes, forked by node:cluster and connected back by WebSocket over a Unix socket. It starts, ends and speaks with
 * them; how many there are, and who runs what, is the scheduler's to say.
 */
export class Fleet implements WorkerFleet, Service {
  readonly name = 'fleet'
  readonly #parts: FleetParts
  readonly #door = new WorkerDoor()
  /** Workers whose process has not ended. */
  readonly #workers = new Map<WorkerId, WorkerProcess>()
  readonly #timers = new Map<WorkerId, Cancel>()
  #events: FleetEvents | undefined
  #started = 0
  /** Workers that ended unasked, by the slot they had. A new worker takes the lowest free slot. */
  readonly #restarts: number[] = []
  /** Workers in a row that ended before any was ready; undefined once one was. */
  #failedStarts: number | undefined = 0
  #stopping = false
  #onBroken: ((error: ForkpoolError) => void) | undefined

  constructor(parts: FleetParts) {
    this.#parts = parts
  }

  /** Live workers, for the API. */
  get workers(): ReadonlyMap<WorkerId, WorkerProcess> {
    return this.#workers
  }

  listen(events: FleetEvents): void {
    this.#events = events
  }

  /** Calls `handler` when a worker says that a task module cannot be used: the program can then end with a clear message. */
  onBroken(handler: (error: ForkpoolError) => void): void {
    this.#onBroken = handler
  }

  async start(): Promise<void> {
    const program = workerProgram()
    const { taskModules, taskRoots, permissions } = this.#parts
    const flags = permissions === undefined ? [] : permissionFlags({ taskModules, taskRoots, ...permissions })
    cluster.setupPrimary({
      exec: program.path,
      args: [],
      execArgv: [...program.execArgv, ...flags],
      silent: true,
      serialization: 'json',
      windowsHide: true,
    })
    for (const folder of await this.#door.open()) this.#parts.log.info({ folder }, 'removed what a killed coordinator has left')
  }

  startWorkers(count: number): void {
    for (let i = 0; i < count && !this.#stopping; i++) this.#fork()
  }

  run(worker: WorkerId, message: RunMessage): void {
    const link = this.#linkOf(worker)
    if (link !== undefined) sendTo(link, encodeCoordinatorParts(message))
  }

  abort(worker: WorkerId, shard: ShardId): void {
    this.#linkOf(worker)?.send(encodeCoordinatorMessage({ kind: 'abort', shard }))
  }

  async stop(): Promise<void> {
    this.#stopping = true
    for (const id of this.#workers.keys()) this.#end(id, 'stop')
    await Promise.all([...this.#workers.values()].map((worker) => worker.exited))
    await this.#door.close()
  }

  retire(worker: WorkerId): void {
    this.#end(worker, 'retired')
  }

  kill(worker: WorkerId, reason: string, note?: string): void {
    const process = this.#workers.get(worker)
    if (process === undefined) return
    process.endReason ??= reason
    process.endNote ??= note
    process.kill()
  }

  /** As `kill`, by the process id. */
  killProcess(pid: number, reason: string, note: string): void {
    for (const [id, worker] of this.#workers) if (worker.pid === pid) this.kill(id, reason, note)
  }

  /** Takes note of what workers take, and ends those that take too much. */
  weigh(residentBytes: (pid: number) => number | null): void {
    const { limits } = this.#parts
    for (const [id, worker] of this.#workers) {
      worker.residentBytes = residentBytes(worker.pid) ?? worker.residentBytes
      const excess = worker.residentBytes === undefined ? undefined : memoryExcess(worker.residentBytes, limits)
      if (excess !== undefined) this.kill(id, 'memory', excess)
    }
  }

  #linkOf(worker: WorkerId): WorkerLink | undefined {
    const phase = this.#workers.get(worker)?.phase
    return phase?.kind === 'online' ? phase.link : undefined
  }

  #fork(): void {
    const { clock, random, log, taskModules, taskRoots, workerEnv, limits, loopPollMs } = this.#parts
    const slot = this.#freeSlot()
    const id = `w${++this.#started}` as WorkerId
    const token = random.token(32)
    const environment = encodeWorkerEnvironment(
      {
        socketPath: this.#door.path,
        token,
        workerId: id,
        taskModules,
        taskRoots,
        primaryPid: process.pid,
        // More of them than processors would only keep each other from their work.
        loopPollMs: slot < availableParallelism() ? loopPollMs : 0,
      },
      process.env,
      workerEnv,
    )
    const worker = new WorkerProcess({ id, slot, restarts: this.#restarts[slot] ?? 0, environment, clock }, (text, stream) =>
      log.info({ worker: id, stream }, text.trimEnd()),
    )
    this.#workers.set(id, worker)
    this.#door.expect(token, (link) => this.#connected(worker, link))
    this.#timers.set(
      id,
      clock.schedule(after(clock.now(), limits.startTimeoutMs), () =>
        this.kill(id, 'start', `it was not ready after ${limits.startTimeoutMs} ms (--start-timeout-ms)`),
      ),
    )
    log.debug({ worker: id, pid: worker.pid }, 'worker forked')
    void worker.exited.then((exit) => {
      this.#door.forget(token)
      this.#timers.get(id)?.()
      this.#timers.delete(id)
      this.#workers.delete(id)
      const asked = worker.endReason === 'stop' || worker.endReason === 'retired'
      if (!asked) this.#restarts[slot] = worker.restarts + 1
      log[asked ? 'debug' : 'warn'](
        { worker: id, pid: worker.pid, exitCode: exit.exitCode, signal: exit.signal, reason: worker.endReason },
        'worker exited',
      )
      if (!asked) this.#countFailedStart(exit)
      this.#events?.lost(id, exit, worker.endReason)
    })
  }

  #countFailedStart(exit: ExitCause): void {
    if (this.#failedStarts === undefined || ++this.#failedStarts < FAILED_STARTS_MAX) return
    const how = exit.signal ?? `exit code ${exit.exitCode ?? 'unknown'}`
    const words = exit.stderr === undefined ? '' : `; they wrote: ${exit.stderr.slice(-500)}`
    const why = exit.reason === undefined ? '' : `: ${exit.reason}`
    this.#onBroken?.(new ForkpoolError('TASK_MODULE', `workers end before they are ready (${how}${why})${words}`))
  }

  #freeSlot(): number {
    const taken = new Set([...this.#workers.values()].map((worker) => worker.slot))
    let slot = 0
    while (taken.has(slot)) slot++
    return slot
  }

  #connected(worker: WorkerProcess, link: WorkerLink): void {
    link.onFrame((frame) => {
      let message: WorkerMessage
      try {
        message = decodeWorkerMessage(frame)
      } catch (error) {
        this.#parts.log.error({ worker: worker.id, error: (error as Error).message }, 'a worker broke the protocol')
        this.kill(worker.id, 'protocol')
        return
      }
      this.#receive(worker, link, message)
    })
    // A link that ends before its process: the worker cannot be reached any more and must not go on.
    link.onClose(() => worker.kill())
  }

  #receive(worker: WorkerProcess, link: WorkerLink, message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        if (worker.phase.kind !== 'starting') return
        worker.phase = { kind: 'online', link }
        this.#timers.get(worker.id)?.()
        this.#timers.delete(worker.id)
        this.#failedStarts = undefined
        this.#events?.online(worker.id, message.tasks)
        return
      case 'broken':
        worker.endReason ??= 'start'
        this.#onBroken?.(new ForkpoolError('TASK_MODULE', message.error.message))
        return
      case 'ran':
        worker.tasksRun += message.count
        worker.shardsRun++
        this.#events?.ran(worker.id, message, isTired(worker, this.#parts.limits))
    }
  }

  #end(id: WorkerId, reason: string): void {
    const { clock } = this.#parts
    const worker = this.#workers.get(id)
    if (worker === undefined || worker.phase.kind === 'stopping') return
    worker.endReason ??= reason
    if (worker.phase.kind !== 'online') return worker.kill()
    const { link } = worker.phase
    worker.phase = { kind: 'stopping' }
    link.send(encodeCoordinatorMessage({ kind: 'stop' }))
    this.#timers.set(
      id,
      clock.schedule(after(clock.now(), STOP_TIMEOUT_MS), () => worker.kill()),
    )
  }
}
