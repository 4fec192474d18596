/**
 * What `/api/v1` answers. JSON as it is: times are milliseconds, wall-clock instants are milliseconds since 1970 (`…At`).
 */
import type { BatchOutcome } from './client-messages.ts'
import type { TaskListing } from './worker-messages.ts'

/** `GET /api/v1/status` */
export interface StatusView {
  readonly server: string
  readonly node: string
  readonly startedAt: number
  readonly cores: number
  readonly maxWorkers: number
  readonly draining: boolean
  readonly engine: string
  readonly sessions: number
  readonly workers: { readonly starting: number; readonly idle: number; readonly busy: number }
  readonly batches: { readonly open: number; readonly ended: number }
  readonly tasks: TaskCounts
  /** Resident memory of the coordinator process, bytes. */
  readonly residentBytes: number
  readonly eventLoopLagMs: number
}

export interface TaskCounts {
  readonly queued: number
  readonly running: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
}

/** `GET /api/v1/pools` → `{ pools: PoolView[] }` */
export interface PoolView {
  readonly name: string
  readonly size: number
  /** Workers that compute for it now. */
  readonly busyWorkers: number
  readonly openBatches: number
  readonly tasks: TaskCounts
  /** Completed tasks a second over the last ten seconds. */
  readonly tasksPerSecond: number
}

/** `GET /api/v1/workers` → `{ workers: WorkerView[] }` */
export interface WorkerView {
  readonly id: string
  readonly pid: number
  readonly state: 'starting' | 'idle' | 'busy' | 'stopping'
  readonly pool: string | null
  readonly task: string | null
  readonly startedAt: number
  readonly tasksRun: number
  readonly shardsRun: number
  readonly residentBytes: number | null
  readonly restarts: number
}

export type BatchState = 'open' | 'cancelling' | BatchOutcome

/** `GET /api/v1/batches` → `{ batches: BatchView[], total }`, newest first; `GET /api/v1/batches/:id` → one */
export interface BatchView {
  readonly id: string
  readonly task: string
  readonly pool: string
  readonly poolSize: number
  readonly state: BatchState
  readonly priority: number
  /** Tasks submitted so far, and in all: as declared in advance, or as counted when the input ended (null: more may follow). */
  readonly submitted: number
  readonly total: number | null
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly submittedAt: number
  readonly endedAt: number | null
  readonly tasksPerSecond: number
  /** Estimated time left; null when it cannot be said. */
  readonly remainingMs: number | null
  readonly workers: number
  /** The first few failures: index and one line. */
  readonly failures: readonly { readonly index: number; readonly name: string; readonly message: string }[]
}

/** `GET /api/v1/batches/:id/verify` → one; `GET /api/v1/verify` → `VerificationView` */
export interface BatchVerdict {
  readonly id: string
  readonly state: BatchState
  /** Where its tasks are: `submitted = recorded + cancelled + live + unaccounted`. `failed` and `quarantined` are among the recorded. */
  readonly ledger: {
    readonly submitted: number
    readonly recorded: number
    readonly failed: number
    readonly quarantined: number
    readonly cancelled: number
    /** Tasks whose result came a second time and was dropped. */
    readonly duplicates: number
    /** Queued or running; 0 once it has ended. */
    readonly live: number
    /** Lost (above 0) or never submitted (below): anything but 0 is a fault. */
    readonly unaccounted: number
  }
  /** Whether all items and all results were read and checked; false where the engine does not keep them. */
  readonly itemsRead: boolean
  readonly resultsRead: boolean
  /** What is wrong, a sentence each; none: the batch is as it should be. */
  readonly problems: readonly string[]
}

/** `GET /api/v1/verify`: every batch that is kept. */
export interface VerificationView {
  readonly checked: number
  /** Those with problems; at most a hundred are listed. */
  readonly faulty: number
  readonly batches: readonly BatchVerdict[]
}

/** `GET /api/v1/tasks` → `{ tasks: TaskListing[] }` */
export interface TasksView {
  readonly tasks: readonly TaskListing[]
}

/**
 * `GET /api/v1/samples?seconds=300` : the coordinator's own recent samples, one a second.
 * `at[i]` is the end of second `i`; a series has as many values.
 */
export interface SamplesView {
  readonly intervalMs: number
  readonly at: readonly number[]
  readonly series: readonly SampleSeries[]
}

export interface SampleSeries {
  readonly pool: string
  readonly poolSize: number
  /** Tasks completed a second, in each interval. */
  readonly tasksPerSecond: readonly number[]
}

/** One event of `GET /api/v1/live` (server-sent events, `event: snapshot`, one a second and one at once). */
export interface LiveSnapshot {
  readonly at: number
  readonly status: StatusView
  readonly pools: readonly PoolView[]
  readonly workers: readonly WorkerView[]
  /** Open batches and the last ended ones, 50 at most, and how many there are in all. */
  readonly batches: readonly BatchView[]
  readonly batchesTotal: number
  /** The newest sample of each series. */
  readonly samples: {
    readonly at: number
    readonly series: readonly { readonly pool: string; readonly poolSize: number; readonly tasksPerSecond: number }[]
  }
}

/** `POST /api/v1/comparisons` with this body answers 202 and a `ComparisonView`. */
export interface ComparisonRequest {
  readonly task: string
  /** Either whole numbers from `from` to `to` inclusive, or explicit items. */
  readonly range?: { readonly from: number; readonly to: number } | undefined
  readonly items?: readonly unknown[] | undefined
  readonly poolSizes: readonly number[]
  /** 1 to 20, default 3. */
  readonly repeats?: number | undefined
}

/** Time, speed-up and efficiency of one pool size: the median over the repeats. */
export interface ComparisonRun {
  readonly poolSize: number
  readonly seconds: number
  readonly tasksPerSecond: number
  /** Against one worker, measured in the same comparison. */
  readonly speedup: number
  /** `speedup / poolSize`. */
  readonly efficiency: number
  /** Different workers that took part. */
  readonly workers: number
  /** SHA-256 over all results in order: equal for all sizes. */
  readonly resultDigest: string
}

/**
 * Fit of the Universal Scalability Law, X(N) = λN / (1 + σ(N−1) + κN(N−1)); Amdahl's law is κ = 0.
 * Source: N. Gunther, "Guerrilla Capacity Planning", 2007.
 */
export interface ScalabilityFit {
  /** Contention, 0 to 1. */
  readonly sigma: number
  /** Coherency. */
  readonly kappa: number
  /** Throughput of one worker by the fit, tasks per second. */
  readonly lambda: number
  /** Serial share by Amdahl's law alone, 0 to 1. */
  readonly amdahlSerial: number
  /** Size with the largest fitted throughput within the machine's reach. */
  readonly peakPoolSize: number
}

/** The report of a comparison; also what `forkpool compare --json` prints. */
export interface ComparisonReport {
  readonly task: string
  readonly items: number
  readonly cores: number
  readonly repeats: number
  /** Time of the batch with one worker: what speed-up is measured against. */
  readonly oneWorkerSeconds: number
  readonly runs: readonly ComparisonRun[]
  readonly fit: ScalabilityFit
  readonly recommendedPoolSize: number
}

/** `GET /api/v1/comparisons/:id`, `GET /api/v1/comparisons` → `{ comparisons: ComparisonView[] }`, newest first. */
export interface ComparisonView {
  readonly id: string
  readonly state: 'running' | 'completed' | 'failed'
  readonly startedAt: number
  readonly request: { readonly task: string; readonly items: number; readonly poolSizes: readonly number[]; readonly repeats: number }
  /** Batches ended, of all that will run. */
  readonly progress: { readonly done: number; readonly of: number }
  readonly report: ComparisonReport | null
  readonly error: string | null
}

/** A task that was given up because its worker ended each time that it ran. */
export interface QuarantinedTaskView {
  /** `BATCH.INDEX`. */
  readonly id: string
  readonly batch: string
  readonly index: number
  readonly task: string
  readonly pool: string
  /** The item as JSON, cut where it is long. */
  readonly item: string
  readonly attempts: number
  readonly message: string
  readonly exitCode: number | null
  readonly signal: string | null
  /** Resident memory of the last worker before its end. */
  readonly residentBytes: number | null
  readonly at: number
}

/** `GET /api/v1/quarantine`. */
export interface QuarantineView {
  /** Newest first. */
  readonly tasks: readonly QuarantinedTaskView[]
  readonly total: number
  /** Older ones that had to make room. */
  readonly forgotten: number
}

/** Body of every answer with a status of 400 or more. */
export interface ErrorView {
  readonly error: { readonly code: string; readonly message: string }
}
