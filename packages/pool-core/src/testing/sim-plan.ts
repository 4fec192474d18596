import type { BatchId, PoolName, SchedulerOptions, SessionId } from '../scheduler/index.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What happens to an item whenever it runs. Items without an entry succeed. */
export type SimItem =
  /** Throws in its first `times` runs. */
  | { readonly kind: 'throws'; readonly times: number; readonly retryable: boolean }
  /** Brings its worker down, each time. */
  | { readonly kind: 'poison' }
  /** Never ends; its worker has to be killed. */
  | { readonly kind: 'hangs' }
  /** Ends when it is asked to, and not before. */
  | { readonly kind: 'lingers' }

export interface SimBatch {
  readonly id: BatchId
  readonly session: SessionId
  readonly pool: PoolName
  readonly task: string
  readonly priority: number
  readonly chunkSize: number | undefined
  readonly total: number | undefined
  readonly retries: number
  readonly backoffMs: number
  readonly failFast: boolean
  readonly weight?: number | undefined
  readonly jitter?: number | undefined
  readonly timeoutMs?: number | undefined
  readonly deadlineMs?: number | undefined
  readonly opensAt: number
  /** Lengths of its blocks, and how long after the one before each arrives. */
  readonly blocks: readonly { readonly count: number; readonly bytes: number; readonly afterMs: number }[]
  readonly endsAfterMs: number
  readonly itemMs: number
  /** By index. */
  readonly items: ReadonlyMap<number, SimItem>
  readonly cancelAt: number | undefined
  readonly pause: { readonly from: number; readonly to: number } | undefined
}

/** Chances are shares from 0 to 1, times are milliseconds on average. */
export interface SimFaults {
  readonly startMs: number
  readonly startFails: number
  /** A worker ends right after it came online, perhaps with its first shard. */
  readonly stillborn: number
  readonly latencyMs: number
  /** An answer is so late that other things happen meanwhile. */
  readonly late: number
  /** A message is delivered twice. */
  readonly twice: number
  /** An answer that is on its way when its worker ends is lost; the others may arrive after the news of its end. */
  readonly lostOnDeath: number
  /** At these times every worker, or one, is killed from outside. */
  readonly kills: readonly { readonly at: number; readonly all: boolean }[]
}

export interface SimPlan {
  readonly options: SchedulerOptions & { readonly crashLimit: number; readonly yieldAfterMs: number; readonly failedStartsMax: number }
  readonly pools: readonly { readonly pool: PoolName; readonly size: number }[]
  readonly resizes: readonly { readonly at: number; readonly pool: PoolName; readonly size: number }[]
  readonly batches: readonly SimBatch[]
  readonly faults: SimFaults
  /** When a drain is requested; batches that open later are refused. */
  readonly drainAt: number | undefined
}

/** Draws a world: how many workers, pools and batches, and all that goes wrong. */
export function drawPlan(random: SeededRandom): SimPlan {
  const baseWorkers = random.integer(0, 3)
  const crashLimit = random.integer(1, 3)
  const pools = Array.from({ length: random.integer(1, 3) }, (_, i) => ({ pool: `pool-${i}` as PoolName, size: random.integer(1, 6) }))
  const horizonMs = random.pick([200, 2_000, 20_000])
  const names = pools.map(({ pool }) => pool)
  const options = {
    baseWorkers,
    maxWorkers: Math.max(1, baseWorkers) + random.integer(0, 5),
    idleRetireMs: random.pick([50, 5_000]),
    prefetch: random.pick([1, 1, 1, 0, 2]),
    yieldAfterMs: random.pick([100, 100, 10]),
    crashLimit,
    // No world has so many: there it is waited for workers as long as it takes.
    failedStartsMax: 1_000,
    cancelGraceMs: random.pick([1_000, 20]),
  }
  return {
    options,
    pools,
    resizes: Array.from({ length: random.integer(0, 2) }, () => ({
      at: random.next() * horizonMs,
      pool: random.pick(names as [PoolName, ...PoolName[]]),
      size: random.integer(1, 6),
    })),
    batches: Array.from({ length: random.integer(1, 12) }, (_, i) => drawBatch(random, i, names, horizonMs)),
    faults: drawFaults(random, crashLimit, horizonMs),
    drainAt: random.chance(0.3) ? random.next() * horizonMs : undefined,
  }
}

function drawFaults(random: SeededRandom, crashLimit: number, horizonMs: number): SimFaults {
  const rough = random.chance(0.7)
  return {
    startMs: random.pick([5, 50, 500]),
    startFails: rough ? random.pick([0, 0.1, 0.5]) : 0,
    stillborn: rough ? random.pick([0, 0, 0.2]) : 0,
    latencyMs: random.pick([0.05, 1, 20]),
    late: rough ? random.pick([0, 0.05]) : 0,
    twice: rough ? random.pick([0, 0.1]) : 0,
    lostOnDeath: rough ? 0.5 : 0,
    kills: rough
      ? Array.from({ length: random.integer(0, crashLimit - 1) }, () => ({ at: random.next() * horizonMs, all: random.chance(0.5) }))
      : [],
  }
}

function drawBatch(random: SeededRandom, number: number, pools: readonly PoolName[], horizonMs: number): SimBatch {
  const opensAt = random.next() * horizonMs
  const single = random.chance(0.3)
  const largest = random.pick([1, 10, 100, 600])
  const blocks = Array.from({ length: single ? 1 : random.integer(0, 4) }, () => {
    const count = single ? 1 : random.integer(1, largest)
    return { count, bytes: count * random.pick([8, 8, 100, 20_000]), afterMs: random.chance(0.5) ? 0 : random.interval(100) }
  })
  const count = blocks.reduce((sum, block) => sum + block.count, 0)
  const cancelAt = random.chance(0.25) ? opensAt + random.interval(300) : undefined
  const pauseAfterMs = random.interval(100)
  return {
    id: `batch-${number}` as BatchId,
    session: `session-${random.integer(0, 3)}` as SessionId,
    pool: random.pick(pools as [PoolName, ...PoolName[]]),
    task: `task-${random.integer(0, 3)}`,
    priority: random.pick([0, 0, -10, 3, 10]),
    chunkSize: random.chance(0.2) ? random.integer(1, 50) : undefined,
    total: random.chance(0.5) ? count : undefined,
    retries: random.integer(0, 3),
    backoffMs: random.pick([0, 10, 1_000]),
    failFast: random.chance(0.15),
    opensAt,
    blocks,
    endsAfterMs: random.chance(0.7) ? 0 : random.interval(200),
    itemMs: random.pick([0.001, 0.1, 5, 80]),
    items: drawItems(random, count, cancelAt !== undefined),
    cancelAt,
    pause: random.chance(0.15) ? { from: opensAt + pauseAfterMs, to: opensAt + pauseAfterMs + random.interval(1_000) } : undefined,
  }
}

/** Items that hang are drawn only where a cancellation will come: nothing else ends them. */
function drawItems(random: SeededRandom, count: number, hangs: boolean): ReadonlyMap<number, SimItem> {
  const items = new Map<number, SimItem>()
  const draw = (times: number, item: () => SimItem): void => {
    for (let i = 0; i < times && count > 0; i++) items.set(random.integer(0, count - 1), item())
  }
  if (random.chance(0.4)) {
    draw(random.integer(1, 20), () => ({ kind: 'throws', times: random.pick([1, 2, 1_000]), retryable: random.chance(0.8) }))
  }
  if (random.chance(0.3)) draw(random.integer(1, 3), () => ({ kind: 'poison' }))
  if (hangs && random.chance(0.4)) draw(1, () => ({ kind: 'hangs' }))
  return items
}
