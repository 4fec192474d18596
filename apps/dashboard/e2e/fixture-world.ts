import type {
  BatchView,
  ComparisonReport,
  ComparisonRequest,
  ComparisonView,
  LiveSnapshot,
  SamplesView,
  TaskListing,
  WorkerView,
} from '@forkpool/pool-core/protocol'

/** A pool that works from one second of the world to another, at a rate that its size would reach by the Universal Scalability Law. */
export interface FixturePool {
  readonly name: string
  readonly size: number
  readonly from: number
  readonly to: number
}

export interface FixtureOptions {
  readonly pools?: readonly FixturePool[]
  /** Seconds that the world has existed when it begins to be looked at. */
  readonly past?: number
  readonly batches?: readonly BatchView[]
  /** How many batches it claims to have in all. */
  readonly batchesTotal?: number
  readonly workers?: number
}

const LAMBDA = 52_000
const SIGMA = 0.045
const KAPPA = 0.0022

/** Throughput of a pool size, without noise. */
function rateOf(size: number): number {
  return (LAMBDA * size) / (1 + SIGMA * (size - 1) + KAPPA * size * (size - 1))
}

/** A made-up service: everything follows from the time that has passed, so that two looks at one second agree. */
export class FixtureWorld {
  readonly pools: readonly FixturePool[]
  readonly tasks: readonly TaskListing[] = [
    { name: 'square', module: 'built-in', parameters: ['n'], description: 'The square of a number.' },
    { name: 'factorial', module: 'built-in', parameters: ['n'], description: 'n!, as a big integer.' },
    { name: 'primeCount', module: 'built-in', parameters: ['n'], description: 'How many primes there are up to n.' },
    { name: 'sha256File', module: 'built-in', parameters: ['path'], description: 'SHA-256 of a file.' },
    { name: 'thumbnail', module: 'images.ts', parameters: ['path', 'width'] },
  ]
  readonly #startedAt: number
  readonly #batches: BatchView[]
  readonly #batchesTotal: number | null
  readonly #workers: number
  readonly #comparisons: { readonly view: ComparisonView; readonly begun: number }[] = []
  readonly #cancelled = new Set<string>()

  constructor(options: FixtureOptions = {}) {
    this.pools = options.pools ?? []
    this.#startedAt = Math.floor(Date.now() / 1000) * 1000 - (options.past ?? 0) * 1000
    this.#batches = [...(options.batches ?? [])]
    this.#batchesTotal = options.batchesTotal ?? null
    this.#workers = options.workers ?? 8
  }

  get startedAt(): number {
    return this.#startedAt
  }

  /** Tasks that this pool completed in second `second` of the world. */
  rate(pool: FixturePool, second: number): number {
    if (second < pool.from || second >= pool.to) return 0
    const wave = 1 + 0.035 * Math.sin(second / 9 + pool.size) + 0.05 * (noise(second * 31 + pool.size) - 0.5)
    const ramp = Math.min(1, (second - pool.from + 1) / 3, (pool.to - second) / 2)
    return Math.round(rateOf(pool.size) * wave * ramp)
  }

  samples(seconds: number): SamplesView {
    const now = this.#second()
    const first = Math.max(0, now - seconds)
    const moments = Array.from({ length: now - first }, (_, i) => first + i)
    return {
      intervalMs: 1000,
      at: moments.map((second) => this.#startedAt + (second + 1) * 1000),
      series: this.pools
        .filter((pool) => pool.from < now)
        .map((pool) => ({ pool: pool.name, poolSize: pool.size, tasksPerSecond: moments.map((second) => this.rate(pool, second)) })),
    }
  }

  snapshot(): LiveSnapshot {
    const now = this.#second()
    const last = now - 1
    const begun = this.pools.filter((pool) => pool.from < now)
    const pools = begun.map((pool) => {
      const recent = Array.from({ length: 10 }, (_, i) => this.rate(pool, last - i))
      const completed = this.#completed(pool, now)
      const isAtWork = now <= pool.to
      return {
        name: pool.name,
        size: pool.size,
        busyWorkers: isAtWork ? Math.min(pool.size, this.#workers) : 0,
        openBatches: isAtWork ? 1 : 0,
        tasks: {
          queued: isAtWork ? Math.max(0, 40_000_000 - completed) : 0,
          running: isAtWork ? pool.size * 1200 : 0,
          completed,
          failed: pool.size === 4 ? 12 : 0,
          cancelled: 0,
        },
        tasksPerSecond: recent.reduce((sum, rate) => sum + rate, 0) / 10,
      }
    })
    const workers = this.#workerViews(now)
    const batches = this.#listed()
    const sum = (of: (pool: (typeof pools)[number]) => number): number => pools.reduce((total, pool) => total + of(pool), 0)
    const at = this.#startedAt + now * 1000
    return {
      at,
      status: {
        server: 'forkpool 0.1.0',
        node: 'fixture-1',
        startedAt: this.#startedAt,
        cores: 8,
        maxWorkers: 32,
        draining: false,
        engine: 'memory',
        sessions: 3,
        workers: {
          starting: workers.filter((worker) => worker.state === 'starting').length,
          idle: workers.filter((worker) => worker.state === 'idle').length,
          busy: workers.filter((worker) => worker.state === 'busy').length,
        },
        batches: {
          open: batches.filter((batch) => batch.state === 'open').length,
          ended: batches.filter((batch) => batch.state !== 'open').length,
        },
        tasks: {
          queued: sum((pool) => pool.tasks.queued),
          running: sum((pool) => pool.tasks.running),
          completed: sum((pool) => pool.tasks.completed),
          failed: sum((pool) => pool.tasks.failed),
          cancelled: 0,
        },
        residentBytes: 96_000_000 + 14_000_000 * noise(now) + 20_000 * now,
        eventLoopLagMs: 0.6 + 2.5 * noise(now * 7) ** 3,
      },
      pools,
      workers,
      batches: batches.slice(0, 50),
      batchesTotal: this.#batchesTotal ?? batches.length,
      samples: {
        at,
        series: begun.map((pool) => ({ pool: pool.name, poolSize: pool.size, tasksPerSecond: this.rate(pool, last) })),
      },
    }
  }

  batches(query: URLSearchParams): { readonly batches: readonly BatchView[]; readonly total: number } {
    const all = this.#listed()
    const before = query.get('before')
    const from = before === null ? 0 : all.findIndex((batch) => batch.id === before) + 1
    return { batches: all.slice(from, from + Number(query.get('limit') ?? 50)), total: this.#batchesTotal ?? all.length }
  }

  batch(id: string): BatchView | null {
    return this.#listed().find((batch) => batch.id === id) ?? null
  }

  cancel(id: string): boolean {
    this.#cancelled.add(id)
    return this.batch(id) !== null
  }

  /** @throws Error naming what is wrong, as the coordinator would. */
  startComparison(body: unknown): ComparisonView {
    const request = body as ComparisonRequest
    if (!this.tasks.some((task) => task.name === request.task)) throw new Error(`No task function has the name ${request.task}.`)
    const items = request.range === undefined ? (request.items?.length ?? 0) : request.range.to - request.range.from + 1
    const repeats = request.repeats ?? 3
    const view: ComparisonView = {
      id: `c${this.#comparisons.length + 1}`,
      state: 'running',
      startedAt: Date.now(),
      request: { task: request.task, items, poolSizes: request.poolSizes, repeats },
      progress: { done: 0, of: request.poolSizes.length * repeats },
      report: null,
      error: null,
    }
    this.#comparisons.unshift({ view, begun: Date.now() })
    return view
  }

  comparisons(): readonly ComparisonView[] {
    return this.#comparisons.map(({ view }) => this.comparison(view.id) ?? view)
  }

  /** A quarter of a second for each batch, then the report. */
  comparison(id: string): ComparisonView | null {
    const found = this.#comparisons.find(({ view }) => view.id === id)
    if (found === undefined) return null
    const { of } = found.view.progress
    const done = Math.min(of, Math.floor((Date.now() - found.begun) / 250))
    return done < of
      ? { ...found.view, progress: { done, of } }
      : { ...found.view, state: 'completed', progress: { done, of }, report: reportOf(found.view.request) }
  }

  #second(): number {
    return Math.floor((Date.now() - this.#startedAt) / 1000)
  }

  #completed(pool: FixturePool, now: number): number {
    let sum = 0
    for (let second = Math.max(0, pool.from); second < Math.min(now, pool.to); second++) sum += this.rate(pool, second)
    return sum
  }

  #listed(): readonly BatchView[] {
    const now = this.#second()
    const running = this.pools
      .filter((pool) => pool.from < now)
      .map((pool, i): BatchView => {
        const completed = this.#completed(pool, now)
        const total = Math.round(rateOf(pool.size) * (pool.to - pool.from) * 1.02)
        const isAtWork = now <= pool.to
        const rate = isAtWork ? this.rate(pool, now - 1) : completed / (pool.to - pool.from)
        const id = `b-${(48_210 + i * 7).toString(36)}-${pool.size}`
        const isCancelled = this.#cancelled.has(id)
        return {
          id,
          task: i % 3 === 1 ? 'primeCount' : 'square',
          pool: pool.name,
          poolSize: pool.size,
          state: isCancelled ? 'cancelled' : isAtWork ? 'open' : 'completed',
          priority: 0,
          submitted: total,
          total,
          completed: isAtWork ? completed : total,
          failed: pool.size === 4 ? 12 : 0,
          cancelled: 0,
          submittedAt: this.#startedAt + pool.from * 1000,
          endedAt: isCancelled || !isAtWork ? this.#startedAt + pool.to * 1000 : null,
          tasksPerSecond: rate,
          remainingMs: isAtWork ? Math.max(0, ((total - completed) / rateOf(pool.size)) * 1000) : null,
          workers: pool.size,
          failures:
            pool.size === 4
              ? [
                  { index: 17, name: 'RangeError', message: 'n must not be negative, got -3' },
                  { index: 4_201, name: 'TypeError', message: "Cannot read properties of undefined (reading 'length')" },
                ]
              : [],
        }
      })
    const own = this.#batches.map((batch) => (this.#cancelled.has(batch.id) ? { ...batch, state: 'cancelled' as const } : batch))
    return [...running, ...own].sort((a, b) => b.submittedAt - a.submittedAt)
  }

  #workerViews(now: number): readonly WorkerView[] {
    const atWork = this.pools.filter((pool) => pool.from < now && now <= pool.to)
    const slots = atWork.flatMap((pool) => Array.from({ length: pool.size }, () => pool.name))
    return Array.from({ length: this.#workers }, (_, i): WorkerView => {
      const pool = slots[i] ?? null
      return {
        id: `w${i + 1}`,
        pid: 48_100 + i * 3,
        state: pool !== null ? 'busy' : i === this.#workers - 1 && now % 8 < 2 ? 'starting' : 'idle',
        pool,
        task: pool === null ? null : 'square',
        startedAt: this.#startedAt + i * 40,
        tasksRun: Math.round(now * 9_100 * (1 + noise(i))),
        shardsRun: Math.round(now * 11 * (1 + noise(i))),
        residentBytes: 52_000_000 + Math.round(9_000_000 * noise(i * 3)),
        restarts: i === 2 ? 1 : 0,
      }
    })
  }
}

function reportOf({ task, items, poolSizes, repeats }: ComparisonView['request']): ComparisonReport {
  const smallest = Math.min(...poolSizes)
  const time = (size: number): number => items / (rateOf(size) * (1 + 0.02 * (noise(size * 13) - 0.5)))
  const runs = poolSizes.map((poolSize) => {
    const seconds = time(poolSize)
    const speedup = time(1) / seconds
    return {
      poolSize,
      seconds,
      tasksPerSecond: items / seconds,
      speedup,
      efficiency: speedup / poolSize,
      workers: poolSize,
      resultDigest: 'b3a8e0e1f9ab1bfe3a36f231f676f78bb30a519d2b21e6c530c0eee8ebb4a5d0',
    }
  })
  return {
    task,
    items,
    cores: 8,
    repeats,
    oneWorkerSeconds: time(1),
    runs,
    fit: { sigma: SIGMA, kappa: KAPPA, lambda: LAMBDA, amdahlSerial: 0.061, peakPoolSize: 21 },
    recommendedPoolSize: runs.findLast((run) => run.efficiency >= 0.7)?.poolSize ?? smallest,
  }
}

/** A number from 0 to 1 that looks random and is always the same for the same seed. */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898 + 78.233) * 43_758.545_3
  return x - Math.floor(x)
}
