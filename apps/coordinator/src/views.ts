import { availableParallelism, hostname } from 'node:os'
import type { Clock } from '@forkpool/pool-core/base'
import type { BatchView, PoolView, SamplesView, StatusView, TaskListing, WorkerView } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { schedulerStatistics } from '@forkpool/pool-core/scheduler'
import type { ApiSource } from './api-source.ts'
import type { CoordinatorConfig } from './config/read-config.ts'
import type { Dispatcher } from './dispatcher/dispatcher.ts'
import type { BatchRun } from './dispatcher/batch-run.ts'
import type { Fleet } from './fleet/fleet.ts'
import type { ResidentMemory } from './fleet/resident-memory.ts'
import type { Gateway } from './gateway/gateway.ts'
import type { ThroughputSamples } from './samples/throughput-samples.ts'

/** Seconds over which a pool's present rate is taken. */
const RATE_SECONDS = 10

export interface ViewParts {
  readonly clock: Clock
  readonly config: CoordinatorConfig
  readonly server: string
  readonly engine: string
  readonly dispatcher: Dispatcher
  readonly fleet: Fleet
  readonly memory: ResidentMemory
  readonly gateway: Gateway
  readonly samples: ThroughputSamples
}

/** What the API shows, read from the rooms that know it. It changes nothing but what `cancel` asks for. */
export class Views implements ApiSource {
  readonly #parts: ViewParts
  readonly #startedAt: number

  constructor(parts: ViewParts) {
    this.#parts = parts
    this.#startedAt = parts.clock.wallTime()
  }

  status(): StatusView {
    const { config, server, engine, dispatcher, gateway, samples } = this.#parts
    const tasks = { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0 }
    for (const pool of this.pools()) for (const key of Object.keys(tasks) as (keyof typeof tasks)[]) tasks[key] += pool.tasks[key]
    const states = this.workerStates()
    return {
      server,
      node: hostname(),
      startedAt: this.#startedAt,
      cores: availableParallelism(),
      maxWorkers: config.maxWorkers,
      draining: dispatcher.draining,
      engine,
      sessions: gateway.connections,
      workers: { starting: states.starting, idle: states.idle, busy: states.busy },
      batches: { open: dispatcher.open.size, ended: dispatcher.endedTotal },
      tasks,
      residentBytes: process.memoryUsage.rss(),
      eventLoopLagMs: samples.lagMs,
    }
  }

  pools(): readonly PoolView[] {
    const { dispatcher, samples } = this.#parts
    return schedulerStatistics(dispatcher.state).pools.map((pool) => ({
      name: pool.pool,
      size: pool.size,
      busyWorkers: pool.busyWorkers,
      openBatches: pool.openBatches,
      tasks: { queued: pool.queued, running: pool.running, completed: pool.completed, failed: pool.failed, cancelled: pool.cancelled },
      tasksPerSecond: samples.rate(pool.pool, RATE_SECONDS),
    }))
  }

  workers(): readonly WorkerView[] {
    const { dispatcher, fleet, memory } = this.#parts
    const held = dispatcher.heldBy()
    return [...fleet.workers.values()].map((worker) => {
      const run = held.get(worker.id)
      const { kind } = worker.phase
      return {
        id: worker.id,
        pid: worker.pid,
        state: kind === 'starting' ? 'starting' : kind === 'online' ? (run === undefined ? 'idle' : 'busy') : 'stopping',
        pool: run?.pool.name ?? null,
        task: run?.request.task ?? null,
        startedAt: worker.startedAt,
        tasksRun: worker.tasksRun,
        shardsRun: worker.shardsRun,
        residentBytes: memory.of(worker.pid),
        restarts: worker.restarts,
      }
    })
  }

  /** How many workers are in which state. */
  workerStates(): Readonly<Record<WorkerView['state'], number>> {
    const states = { starting: 0, idle: 0, busy: 0, stopping: 0 }
    for (const worker of this.workers()) states[worker.state]++
    return states
  }

  batches(limit: number, before: string | undefined): { readonly batches: readonly BatchView[]; readonly total: number } {
    const { dispatcher } = this.#parts
    // Open batches stand in order of submission already, and may be very many; the ended ones are few and are sorted.
    const open = [...dispatcher.open.values()].toReversed()
    const ended = [...dispatcher.ended.values()].toSorted((a, b) => b.openedAt - a.openedAt)
    const page: BatchView[] = []
    let passed = before === undefined
    for (let i = 0, j = 0; page.length < limit && (i < open.length || j < ended.length);) {
      const takesOpen = j >= ended.length || (i < open.length && (open[i] as BatchRun).openedAt >= (ended[j] as BatchRun).openedAt)
      const run = (takesOpen ? open[i++] : ended[j++]) as BatchRun
      if (passed) page.push(this.#view(run))
      else passed = run.id === before
    }
    return { batches: page, total: open.length + ended.length }
  }

  batch(id: string): BatchView | undefined {
    const { dispatcher } = this.#parts
    const run = dispatcher.open.get(id as BatchId) ?? dispatcher.ended.get(id as BatchId)
    return run === undefined ? undefined : this.#view(run)
  }

  cancel(id: string): boolean {
    return this.#parts.dispatcher.cancel(id as BatchId)
  }

  tasks(): readonly TaskListing[] {
    return this.#parts.dispatcher.tasks.tasks
  }

  samples(seconds: number): SamplesView {
    return this.#parts.samples.view(seconds)
  }

  latestSamples(): ReturnType<ThroughputSamples['latest']> {
    return this.#parts.samples.latest()
  }

  ready(): boolean {
    return !this.#parts.dispatcher.draining && this.tasks().length > 0
  }

  #view(run: BatchRun): BatchView {
    return run.view(this.#parts.clock.now(), this.#parts.dispatcher.workersOn(run.id))
  }
}
