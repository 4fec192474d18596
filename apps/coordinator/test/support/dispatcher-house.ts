import type { Random } from '@forkpool/pool-core/base'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import { decodeItems } from '@forkpool/pool-core/protocol'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import { ScriptedWorkers } from './scripted-workers.ts'
import type { BatchRequest, BatchSink } from '../../src/batch-request.ts'
import type { DispatchObserver, PoolLabel } from '../../src/dispatch-observer.ts'
import { MemoryEngine } from '../../src/engine/memory/memory-engine.ts'
import type { RecordedRange } from '../../src/engine/engine.ts'
import { Quarantine } from '../../src/quarantine/quarantine.ts'
import { Dispatcher } from '../../src/dispatcher/dispatcher.ts'
import type { DispatcherParts } from '../../src/dispatcher/dispatcher-parts.ts'

export class Sink implements BatchSink {
  readonly said: string[] = []
  readonly results_: RecordedRange[] = []
  summary: BatchSummary | undefined
  credits = 0

  accepted(): void {
    this.said.push('accepted')
  }

  attached(): void {
    this.said.push('attached')
  }

  results(range: RecordedRange, summary: BatchSummary | undefined): void {
    this.said.push('results')
    this.results_.push(range)
    if (summary !== undefined) this.summary = summary
  }

  credit(bytes: number): void {
    this.credits += bytes
  }

  done(summary: BatchSummary): void {
    this.said.push('done')
    this.summary = summary
  }

  failed(error: unknown): void {
    this.said.push(`failed ${(error as Error).message}`)
  }

  /** Values by index, and messages of failures. */
  outcomes(): ReadonlyMap<number, unknown> {
    const outcomes = new Map<number, unknown>()
    for (const range of this.results_) {
      const values = decodeItems(range.values)
      const failures = new Map(range.failures.map((failure) => [failure.at, failure]))
      for (let at = 0, next = 0; at < range.count; at++) {
        const index = range.from + at
        if (outcomes.has(index)) throw new Error(`index ${index} came twice`)
        outcomes.set(index, failures.has(at) ? failures.get(at)?.error.message : values[next++])
      }
    }
    return outcomes
  }
}

export class Counts implements DispatchObserver {
  readonly settled: Record<string, number> = {}
  unaccounted = 0
  duplicates = 0

  batchOpened(): void {}
  batchEnded(_pool: PoolLabel, _wallMs: number, unaccounted: number): void {
    this.unaccounted += unaccounted
  }
  tasksSettled(_pool: PoolLabel, outcome: string, count: number): void {
    this.settled[outcome] = (this.settled[outcome] ?? 0) + count
  }
  tasksAssigned(): void {}
  shardRan(): void {}
  duplicateDropped(_pool: PoolLabel, _where: string, count: number): void {
    this.duplicates += count
  }
  workerLost(): void {}
}

export const REQUEST: BatchRequest = {
  session: 's1' as SessionId,
  task: 'square',
  pool: undefined,
  poolSize: 2,
  spread: false,
  total: undefined,
  priority: 0,
  chunkSize: 2,
  retries: 0,
  backoffMs: 0,
  failFast: false,
  reply: 'auto',
}

export function create(more: Partial<Pick<DispatcherParts, 'tasksPerWorker' | 'engine'>> = {}): {
  readonly dispatcher: Dispatcher
  readonly workers: ScriptedWorkers
  readonly counts: Counts
  readonly clock: FakeClock
  readonly quarantine: Quarantine
} {
  const workers = new ScriptedWorkers()
  const counts = new Counts()
  const clock = new FakeClock()
  let tokens = 0
  const random: Random = { next: () => 0.5, token: () => `batch${++tokens}` }
  const quarantine = new Quarantine({ tasksMax: 10, bytesMax: 10_000 })
  const dispatcher = new Dispatcher({
    clock,
    random,
    engine: new MemoryEngine(),
    fleet: workers,
    observer: counts,
    scheduler: { baseWorkers: 2, maxWorkers: 4 },
    poolsMax: 10,
    defaultPoolSize: 2,
    batchesKept: 2,
    quarantine,
    loopPollMs: 0,
    ...more,
  })
  dispatcher.start()
  workers.allOnline()
  return { dispatcher, workers, counts, clock, quarantine }
}

/** Lets promises of the engine settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

/** Lets workers answer until nothing moves. */
export async function runAll(workers: ScriptedWorkers, bad?: readonly number[]): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await settle()
    workers.answerAll(bad)
  }
  await settle()
}
