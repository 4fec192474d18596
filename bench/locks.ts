import { startTwoParties, type LoneMeasure, type TwoParties } from './locks/two-parties.ts'
import type { SharedMeasure } from './locks/party-job.ts'
import { describeMachine, renderMachine } from './measure/machine.ts'
import { measurePairs, type Pairs } from './measure/pairs.ts'
import { startPythonLocks, type PythonLocks } from './measure/python-locks.ts'
import type { BenchResult, Goal } from './measure/report.ts'

const PAIRS = 7
const WARM_UPS = 2

/** Goals are ratios of times, ours over theirs. */
const LOCK_WANTED = 0.5

type Kind = 'process' | 'thread'

/** One thing that both sides do, `count` times a measurement. */
interface Measure {
  readonly name: string
  readonly ours: (parties: TwoParties) => number | Promise<number>
  /** Its name in bench/python/locks.py. */
  readonly theirs: string
  readonly count: number
  /** Hand-overs in one of them: an echo is two. */
  readonly steps: number
}

const MEASURES: readonly Measure[] = [
  ...(['Lock', 'RLock', 'Semaphore'] as const).map((name) => alone(name)),
  { ...alone('Lock'), name: 'Lock, theirs looked up before', theirs: 'Lock_bound' },
  together('two contend for a Lock', 'contended', 'contended', 50_000, 2),
  together('hand-off by Semaphore', 'handOff', 'hand_off', 5_000, 2),
  together('Queue, numbers', 'numbers', 'numbers', 20_000),
  together('Queue, records', 'records', 'records', 20_000),
  together('Queue, one at a time', 'echo', 'echo', 3_000, 2),
  { name: 'Queue, one at a time, awaited', ours: (parties) => parties.echoAwaited(2_000), theirs: 'echo', count: 2_000, steps: 2 },
]

function alone(name: LoneMeasure): Measure {
  const count = 300_000
  return { name: `${name}, uncontended`, ours: (parties) => parties.uncontended(name, count), theirs: name, count, steps: 1 }
}

function together(name: string, measure: SharedMeasure, theirs: string, count: number, steps: number = 1): Measure {
  return { name, ours: (parties) => parties.both(measure, count), theirs, count, steps }
}

/** Nanoseconds of one step of a measure, by pairs. */
interface Figure {
  readonly kind: Kind
  readonly measure: string
  readonly pairs: Pairs
}

/**
 * Locks, semaphores and queues against CPython's in the same run: `multiprocessing` between processes, `threading` and `queue` between
 * threads.
 */
export async function locks(): Promise<BenchResult> {
  const python = await startPythonLocks()
  const machine = describeMachine({ CPython: python.version })
  console.log(renderMachine(machine))
  const figures: Figure[] = []
  try {
    for (const kind of ['process', 'thread'] as const) figures.push(...(await measureKind(kind, python)))
  } finally {
    await python.stop()
  }
  return {
    bench: 'locks',
    measuredAt: new Date().toISOString(),
    machine,
    goals: goals(figures),
    figures: Object.fromEntries(figures.map(({ kind, measure, pairs }) => [`${kind}: ${measure}`, summary(pairs)])),
  }
}

async function measureKind(kind: Kind, python: PythonLocks): Promise<Figure[]> {
  const theirs = kind === 'process' ? 'multiprocessing' : 'threading, queue'
  console.log(
    `\n${`between two ${kind === 'process' ? 'processes' : 'threads'}`.padEnd(32)}${'Forkpool'.padStart(12)}${theirs.padStart(18)}`,
  )
  const parties = startTwoParties(kind)
  try {
    const figures: Figure[] = []
    for (const measure of MEASURES) {
      const toNanoseconds = 1e9 / (measure.count * measure.steps)
      const pairs = await measurePairs({
        count: PAIRS,
        warmUps: WARM_UPS,
        ours: async () => toNanoseconds * (await measure.ours(parties)),
        theirs: async () => toNanoseconds * (await python.seconds(kind, measure.theirs, measure.count)),
      })
      figures.push({ kind, measure: measure.name, pairs })
      const { medianOurs, medianTheirs, medianRatio } = pairs
      console.log(
        `${measure.name.padEnd(32)}${nanoseconds(medianOurs).padStart(12)}${nanoseconds(medianTheirs).padStart(18)}   ${medianRatio.toFixed(1)} times as fast`,
      )
    }
    return figures
  } finally {
    parties.stop()
  }
}

function goals(figures: readonly Figure[]): Goal[] {
  const share = (kind: Kind, measure: string): number => {
    const found = figures.find((figure) => figure.kind === kind && figure.measure === measure)
    return round(1 / (found?.pairs.medianRatio ?? Number.NaN))
  }
  const goal = (what: string, kind: Kind, measure: string, limit: number): Goal => {
    const measured = share(kind, measure)
    return { what: `${what}, ours over CPython’s`, measured, wanted: `under ${limit}`, reached: measured < limit }
  }
  return [
    goal('process Lock, acquire and release, uncontended', 'process', 'Lock, uncontended', LOCK_WANTED),
    goal('process hand-off latency', 'process', 'hand-off by Semaphore', 1),
    goal('process Queue, time of a number', 'process', 'Queue, numbers', 1),
    goal('process Queue, latency', 'process', 'Queue, one at a time', 1),
  ]
}

/** Nanoseconds of a step, and the ratios, each to two places. */
function summary({ pairs, medianOurs, medianTheirs, medianRatio }: Pairs): Record<string, unknown> {
  return {
    oursNs: round(medianOurs),
    theirsNs: round(medianTheirs),
    theirsOverOurs: round(medianRatio),
    ratios: pairs.map(({ ratio }) => round(ratio)),
  }
}

function nanoseconds(value: number): string {
  return value < 1_000 ? `${value.toFixed(0)} ns` : `${(value / 1_000).toFixed(1)} µs`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
