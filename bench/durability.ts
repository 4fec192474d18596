import { connect, type Cluster } from '@forkpool/client'
import { withCoordinator } from './measure/bench-coordinator.ts'
import { describeMachine, renderMachine } from './measure/machine.ts'
import { measurePairs, ofPairs, type Pair, type Pairs } from './measure/pairs.ts'
import { startPythonPool } from './measure/python-pool.ts'
import type { BenchResult, Goal } from './measure/report.ts'
import { median, percentile } from './measure/statistics.ts'

const POOL_SIZE = 2

const SQUARES = 1_000_000
/** A pair's ratio strays by 0.4 either way, and what V8 and the kernel make of a coordinator differs from life to life: so many pairs, in several lives. */
const PAIRS = 67
const LIVES = 3
const PYTHON_RUNS = 21
/** V8 goes on compiling for some ten million tasks, on either side. */
const WARM_UPS = 10
/** After a batch the disk's side goes on for some ten milliseconds, with room for the next. */
const PAUSE_MS = 200
const PRICE_WANTED = 1.25
const PYTHON_RATIO_WANTED = 1.5

const SLICES = 10
const CALLS_PER_SLICE = 150
const WARM_UP_CALLS = 500
const ADDED_MS_WANTED = 3

const BURST = 5_000
const BURST_PAIRS = 3

/** The same service twice: one keeps everything on disk before it says so, one keeps nothing. */
interface Services {
  readonly durable: Cluster
  readonly ephemeral: Cluster
}

/**
 * What the disk costs: a million squares as one batch, single submits one after the other, and thousands of them at once, each through a
 * coordinator with a data directory and through one with `--ephemeral`, in turns; and CPython's `Pool(2).map` of the same squares.
 */
export async function durability(): Promise<BenchResult> {
  const python = await startPythonPool(POOL_SIZE)
  const machine = describeMachine({ CPython: python.version })
  console.log(renderMachine(machine))
  try {
    const pairs: Pair[] = []
    for (let life = 1; life < LIVES; life++) pairs.push(...(await withServices(compareLarge)))
    return await withServices((services) => measure(services, pairs, python.map, machine))
  } finally {
    await python.stop()
  }
}

async function withServices<Value>(run: (services: Services) => Promise<Value>): Promise<Value> {
  return await withCoordinator(
    (durableAt) =>
      withCoordinator(async (ephemeralAt) => {
        await using durable = await connect(durableAt.url)
        await using ephemeral = await connect(ephemeralAt.url)
        return await run({ durable, ephemeral })
      }),
    'on-disk',
  )
}

/** @param earlier pairs of coordinators that were there before. */
async function measure(
  services: Services,
  earlier: readonly Pair[],
  pythonMap: (count: number) => Promise<number>,
  machine: BenchResult['machine'],
): Promise<BenchResult> {
  const large = ofPairs([...earlier, ...(await compareLarge(services))])
  const pythonSeconds: number[] = []
  for (let i = 0; i < PYTHON_RUNS; i++) pythonSeconds.push(await pythonMap(SQUARES))
  const price = 1 / large.medianRatio
  const pythonRatio = median(pythonSeconds) / large.medianOurs
  console.log(`median    ${milliseconds(large.medianOurs)} against ${milliseconds(large.medianTheirs)}: price ${percent(price)}`)
  console.log(`CPython   ${milliseconds(median(pythonSeconds))}: ${pythonRatio.toFixed(2)} times the durable service`)

  const single = await compareSingle(services)
  const burst = await compareBursts(services)
  const goals: Goal[] = [
    {
      what: 'a million squares, time with the disk over time without, median of the pairs',
      measured: round(price),
      wanted: `under ${PRICE_WANTED}`,
      reached: price < PRICE_WANTED,
    },
    {
      what: 'CPython’s time over that of the durable service',
      measured: round(pythonRatio),
      wanted: `${PYTHON_RATIO_WANTED} or more`,
      reached: pythonRatio >= PYTHON_RATIO_WANTED,
    },
    {
      what: 'added to a single submit at p50, ms',
      measured: round(single.addedMs),
      wanted: `under ${ADDED_MS_WANTED}`,
      reached: single.addedMs < ADDED_MS_WANTED,
    },
  ]
  const figures = { poolSize: POOL_SIZE, squares: SQUARES, seconds: large, pythonSeconds: pythonSeconds.map(round), single, burst }
  return { bench: 'durability', measuredAt: new Date().toISOString(), machine, goals, figures }
}

async function compareLarge({ durable, ephemeral }: Services): Promise<readonly Pair[]> {
  console.log(`\n${SQUARES.toLocaleString('en')} squares, pool size ${POOL_SIZE}, from call to result array`)
  const numbers = Array.from({ length: SQUARES }, (_, i) => i + 1)
  const timed = async (cluster: Cluster): Promise<number> => {
    const pool = cluster.pool({ size: POOL_SIZE })
    const startedAt = performance.now()
    const squares: unknown[] = await pool.map('square', numbers)
    const seconds = (performance.now() - startedAt) / 1000
    const wrong = squares.length === SQUARES ? squares.findIndex((square, i) => square !== (i + 1) ** 2) : squares.length
    if (wrong !== -1) throw new Error(`the service gave a wrong square at index ${wrong}`)
    return seconds
  }
  const { pairs } = await measurePairs({
    count: PAIRS,
    warmUps: WARM_UPS,
    pauseMs: PAUSE_MS,
    ours: () => timed(durable),
    theirs: () => timed(ephemeral),
    onPair({ ours, theirs, ratio }, at) {
      console.log(`pair ${at + 1}    on disk ${milliseconds(ours)}  ephemeral ${milliseconds(theirs)}  price ${percent(1 / ratio)}`)
    },
  })
  return pairs
}

interface SingleFigures {
  readonly calls: number
  readonly durableP50Ms: number
  readonly durableP99Ms: number
  readonly ephemeralP50Ms: number
  readonly ephemeralP99Ms: number
  readonly addedMs: number
}

async function compareSingle({ durable, ephemeral }: Services): Promise<SingleFigures> {
  console.log(`\none task at a time, ${SLICES} × ${CALLS_PER_SLICE} calls each`)
  const times = { durable: [] as number[], ephemeral: [] as number[] }
  await timeCalls(durable, WARM_UP_CALLS)
  await timeCalls(ephemeral, WARM_UP_CALLS)
  for (let i = 0; i < SLICES; i++) {
    if (i % 2 === 0) times.durable.push(...(await timeCalls(durable, CALLS_PER_SLICE)))
    times.ephemeral.push(...(await timeCalls(ephemeral, CALLS_PER_SLICE)))
    if (i % 2 === 1) times.durable.push(...(await timeCalls(durable, CALLS_PER_SLICE)))
  }
  const at = (values: readonly number[], p: number): number => round(percentile(values, p))
  const figures = {
    calls: times.durable.length,
    durableP50Ms: at(times.durable, 0.5),
    durableP99Ms: at(times.durable, 0.99),
    ephemeralP50Ms: at(times.ephemeral, 0.5),
    ephemeralP99Ms: at(times.ephemeral, 0.99),
  }
  console.log(`on disk   p50 ${figures.durableP50Ms} ms  p99 ${figures.durableP99Ms} ms`)
  console.log(`ephemeral p50 ${figures.ephemeralP50Ms} ms  p99 ${figures.ephemeralP99Ms} ms`)
  return { ...figures, addedMs: round(figures.durableP50Ms - figures.ephemeralP50Ms) }
}

async function timeCalls(cluster: Cluster, count: number): Promise<number[]> {
  const pool = cluster.pool({ size: 1 })
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now()
    if ((await pool.submit('square', 12)) !== 144) throw new Error('the service gave a wrong square')
    times.push(performance.now() - startedAt)
  }
  return times
}

/** Thousands of batches of one task at once: they share commits. */
async function compareBursts({ durable, ephemeral }: Services): Promise<Pairs> {
  console.log(`\n${BURST.toLocaleString('en')} single submits at once`)
  const timed = async (cluster: Cluster): Promise<number> => {
    const pool = cluster.pool({ size: POOL_SIZE })
    const startedAt = performance.now()
    const squares: unknown[] = await Promise.all(Array.from({ length: BURST }, (_, i) => pool.submit('square', i)))
    const seconds = (performance.now() - startedAt) / 1000
    if (!squares.every((square, i) => square === i * i)) throw new Error('the service gave a wrong square')
    return seconds
  }
  const pairs = await measurePairs({
    count: BURST_PAIRS,
    warmUps: 1,
    ours: () => timed(durable),
    theirs: () => timed(ephemeral),
    onPair({ ours, theirs, ratio }, at) {
      console.log(`pair ${at + 1}    on disk ${milliseconds(ours)}  ephemeral ${milliseconds(theirs)}  price ${percent(1 / ratio)}`)
    },
  })
  const rate = (seconds: number): string => Math.round(BURST / seconds).toLocaleString('en')
  console.log(`median    ${rate(pairs.medianOurs)} batches a second on disk, ${rate(pairs.medianTheirs)} ephemeral`)
  return pairs
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`
}

/** 1.2 is a price of 20 %. */
function percent(price: number): string {
  return `${((price - 1) * 100).toFixed(0)} %`
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
