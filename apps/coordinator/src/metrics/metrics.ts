import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { REFUSAL_LABELS, reasonLabel } from '../refusal-reason.ts'
import type { RefusalReason } from '../refusal-reason.ts'
import { METRICS } from './metric-names.ts'
import type { MetricName } from './metric-names.ts'
import { WeightedHistogram } from './weighted-histogram.ts'

const WAIT_BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
/** From a task that costs nothing to one of an hour; the two first are finer than a clock can be for one task, but not for a shard's mean. */
const RUN_BOUNDS = [0.000_000_1, 0.000_001, 0.000_01, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600, 3600]
const SHARD_BOUNDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 60, 600, 3600]
const OVERHEAD_BOUNDS = [0.000_01, 0.000_05, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1]

/** Figures that are read when somebody scrapes. */
export interface GaugeSource {
  readonly pools: () => Iterable<{
    readonly pool: string
    readonly size: number
    readonly queued: number
    readonly running: number
    readonly busyWorkers: number
    readonly openBatches: number
  }>
  readonly workers: () => Readonly<Record<'starting' | 'idle' | 'busy' | 'stopping', number>>
  readonly workerMemoryBytes: () => number
  readonly connections: () => { readonly clients: number; readonly workers: number; readonly sendBufferBytes: number }
  readonly eventLoopLagMs: () => number
}

/** The registry and every metric in it. Counts are kept here, in the coordinator: a worker that dies takes none with it. */
export class Metrics {
  readonly registry = new Registry()
  #beforeScrape: (() => void) | undefined
  /** The first counter that is printed, so whoever adds at a scrape adds here. */
  readonly tasks = this.#counter('forkpool_tasks_total', () => this.#beforeScrape?.())
  readonly attempts = this.#counter('forkpool_task_attempts_total')
  readonly duplicates = this.#counter('forkpool_task_duplicates_total')
  readonly slotBusySeconds = this.#counter('forkpool_slot_busy_seconds_total')
  readonly workerRestarts = this.#counter('forkpool_worker_restarts_total')
  readonly handshakesRejected = this.#counter('forkpool_ws_handshake_rejected_total')
  readonly closed = this.#counter('forkpool_ws_closed_total')
  readonly #refused = this.#counter('forkpool_refused_total')
  readonly unaccounted = this.#gauge('forkpool_ledger_unaccounted')
  readonly queueWait = this.#histogram('forkpool_task_queue_wait_seconds', WAIT_BOUNDS)
  readonly taskRun = this.#histogram('forkpool_task_run_seconds', RUN_BOUNDS)
  readonly shardRun = this.#histogram('forkpool_shard_run_seconds', SHARD_BOUNDS)
  readonly shardOverhead = this.#histogram('forkpool_shard_overhead_seconds', OVERHEAD_BOUNDS)
  readonly batch = this.#histogram('forkpool_batch_seconds', WAIT_BOUNDS)

  constructor(version: string, source: GaugeSource) {
    collectDefaultMetrics({ register: this.registry })
    this.#gauge('forkpool_build_info').set({ version }, 1)
    for (const reason of ['exit', 'signal', 'cancel', 'start', 'protocol', 'retired', 'stop']) this.workerRestarts.inc({ reason }, 0)
    for (const reason of ['path', 'full', 'host', 'origin', 'token', 'subprotocol', 'connections_max'])
      this.handshakesRejected.inc({ reason }, 0)
    for (const reason of REFUSAL_LABELS) this.#refused.inc({ reason }, 0)
    this.#poolGauges(source)
    const workers = this.#gauge('forkpool_workers', () => {
      for (const [state, count] of Object.entries(source.workers())) workers.set({ state }, count)
    })
    const memory = this.#gauge('forkpool_worker_resident_memory_bytes', () => memory.set(source.workerMemoryBytes()))
    const lag = this.#gauge('forkpool_event_loop_lag_seconds', () => lag.set({ role: 'coordinator' }, source.eventLoopLagMs() / 1000))
    const connections = this.#gauge('forkpool_ws_connections', () => {
      connections.set({ role: 'client' }, source.connections().clients)
      connections.set({ role: 'worker' }, source.connections().workers)
    })
    const buffer = this.#gauge('forkpool_ws_send_buffer_bytes', () => buffer.set({ role: 'client' }, source.connections().sendBufferBytes))
  }

  /** Somebody was refused something. */
  refuse(reason: RefusalReason): void {
    this.#refused.inc({ reason: reasonLabel(reason) })
  }

  /** A connection was refused before it was one. */
  rejectHandshake(reason: RefusalReason): void {
    this.handshakesRejected.inc({ reason: reasonLabel(reason) })
    this.refuse(reason)
  }

  /** Calls `add` before metrics are printed. */
  beforeScrape(add: () => void): void {
    this.#beforeScrape = add
  }

  #poolGauges(source: GaugeSource): void {
    // The first of them reads for all: prom-client collects metrics in the order in which they were made.
    const queued = this.#gauge('forkpool_tasks_queued', () => {
      for (const pool of source.pools()) {
        const label = { pool: pool.pool }
        queued.set(label, pool.queued)
        running.set(label, pool.running)
        open.set(label, pool.openBatches)
        size.set(label, pool.size)
        slots.set({ ...label, state: 'busy' }, pool.busyWorkers)
        slots.set({ ...label, state: 'idle' }, Math.max(0, pool.size - pool.busyWorkers))
      }
    })
    const running = this.#gauge('forkpool_tasks_running')
    const open = this.#gauge('forkpool_batches_open')
    const slots = this.#gauge('forkpool_slots')
    const size = this.#gauge('forkpool_pool_size')
  }

  #counter(name: MetricName, collect?: () => void): Counter {
    const { help, labels } = METRICS[name]
    return new Counter({ name, help, labelNames: [...labels], registers: [this.registry], ...(collect === undefined ? {} : { collect }) })
  }

  #gauge(name: MetricName, collect?: () => void): Gauge {
    const { help, labels } = METRICS[name]
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.registry], ...(collect === undefined ? {} : { collect }) })
  }

  #histogram(name: MetricName, bounds: readonly number[]): WeightedHistogram {
    return new WeightedHistogram(name, METRICS[name], bounds, this.registry)
  }
}
