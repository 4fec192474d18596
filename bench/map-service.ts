import { connect } from '@forkpool/client'
import { withCoordinator } from './measure/bench-coordinator.ts'
import { describeMachine, renderMachine } from './measure/machine.ts'
import { measurePairs, type Pairs } from './measure/pairs.ts'
import { startPythonPool } from './measure/python-pool.ts'
import type { BenchResult, Goal } from './measure/report.ts'
import { watchResidentMemory } from './measure/resident-memory.ts'

const POOL_SIZE = 2
const SQUARES = 1_000_000
const PAIRS = 5
const WARM_UPS = 3
const RATIO_WANTED = 2

const STREAMED_ITEMS = 10_000_000
const MEMORY_WANTED_MB = 300

/**
 * A million squares through the service, against CPython's `multiprocessing.Pool(2).map` in the same run; then the coordinator's memory
 * while ten million items stream through it.
 */
export async function mapService(): Promise<BenchResult> {
  const python = await startPythonPool(POOL_SIZE)
  const machine = describeMachine({ CPython: python.version })
  console.log(renderMachine(machine))
  console.log(`\n${SQUARES.toLocaleString('en')} squares, pool size ${POOL_SIZE}, from call to result array`)
  let speed: Pairs
  try {
    speed = await withCoordinator((coordinator) => compareWithPython(coordinator.url, python.map))
  } finally {
    await python.stop()
  }
  console.log(
    `median    ${milliseconds(speed.medianOurs)} against ${milliseconds(speed.medianTheirs)}: ratio ${speed.medianRatio.toFixed(2)}`,
  )

  console.log(`\n${STREAMED_ITEMS.toLocaleString('en')} items streamed in, results taken as they come`)
  const memory = await withCoordinator((coordinator) => streamThrough(coordinator.url, coordinator.process.pid))
  console.log(`memory    coordinator ${memory.startMB} MB before, at most ${memory.peakMB} MB; ${memory.seconds.toFixed(1)} s`)

  const goals: Goal[] = [
    {
      what: 'CPython’s time over Forkpool’s, median of the pairs',
      measured: round(speed.medianRatio),
      wanted: `${RATIO_WANTED} or more`,
      reached: speed.medianRatio >= RATIO_WANTED,
    },
    {
      what: 'most resident memory of the coordinator, MB',
      measured: memory.peakMB,
      wanted: `under ${MEMORY_WANTED_MB}`,
      reached: memory.peakMB < MEMORY_WANTED_MB,
    },
  ]
  const figures = { poolSize: POOL_SIZE, squares: SQUARES, seconds: speed, streamedItems: STREAMED_ITEMS, memory }
  return { bench: 'map-service', measuredAt: new Date().toISOString(), machine, goals, figures }
}

async function compareWithPython(url: string, theirs: (count: number) => Promise<number>): Promise<Pairs> {
  await using cluster = await connect(url)
  const pool = cluster.pool({ size: POOL_SIZE })
  const numbers = Array.from({ length: SQUARES }, (_, i) => i + 1)
  return await measurePairs({
    count: PAIRS,
    warmUps: WARM_UPS,
    async ours() {
      const startedAt = performance.now()
      const squares: unknown[] = await pool.map('square', numbers)
      const seconds = (performance.now() - startedAt) / 1000
      checkSquares(squares)
      return seconds
    },
    theirs: () => theirs(SQUARES),
    onPair({ ours, theirs: other, ratio }, at) {
      console.log(`pair ${at + 1}    Forkpool ${milliseconds(ours)}  CPython ${milliseconds(other)}  ratio ${ratio.toFixed(2)}`)
    },
  })
}

function checkSquares(squares: readonly unknown[]): void {
  const wrong = squares.length === SQUARES ? squares.findIndex((square, i) => square !== (i + 1) ** 2) : squares.length
  if (wrong !== -1) throw new Error(`the service gave a wrong square at index ${wrong}`)
}

/** Memory in MB (10⁶ bytes), as operators count it. */
interface StreamFigures {
  readonly seconds: number
  readonly startMB: number
  readonly endMB: number
  readonly peakMB: number
}

async function streamThrough(url: string, pid: number): Promise<StreamFigures> {
  await using cluster = await connect(url)
  const pool = cluster.pool({ size: POOL_SIZE })
  const watch = watchResidentMemory(pid)
  const startedAt = performance.now()
  let results = 0
  let sum = 0
  for await (const square of pool.imapUnordered('square', countTo(STREAMED_ITEMS))) {
    results++
    sum += square as number
  }
  const seconds = (performance.now() - startedAt) / 1000
  const { first, last, peak } = watch.stop()
  const expected = (STREAMED_ITEMS * (STREAMED_ITEMS + 1) * (2 * STREAMED_ITEMS + 1)) / 6
  // The sum is far beyond 2⁵³ and comes in any order: equal but for rounding.
  if (results !== STREAMED_ITEMS || Math.abs(sum / expected - 1) > 1e-6)
    throw new Error(`${results} results, sum ${sum}: not what was sent`)
  return { seconds, startMB: megabytes(first), endMB: megabytes(last), peakMB: megabytes(peak) }
}

function* countTo(count: number): Generator<number> {
  for (let n = 1; n <= count; n++) yield n
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6)
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
