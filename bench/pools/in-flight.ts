import { measurePairs } from '../measure/pairs.ts'
import type { Pairs } from '../measure/pairs.ts'
import { median } from '../measure/statistics.ts'
import { withPool } from './bench-pool.ts'
import type { BenchPool, BenchPoolKind } from './bench-pool.ts'
import { FORKPOOL_PROCESSES, FORKPOOL_THREADS, PEERS, POOLIFIER_THREADS, TINYPOOL_PROCESSES } from './kinds.ts'
import type { PythonPools } from './python-pools.ts'
import { atLeast } from './section.ts'
import type { Section } from './section.ts'

const IN_FLIGHT = 100_000
/** Calls in flight of those that are no goal: enough for a rate, and over in a few seconds each. */
const PEER_IN_FLIGHT = 20_000
const WARM_UP_CALLS = 2_000

/** Many single calls, all submitted before the first result is awaited. */
export async function benchInFlight(python: PythonPools): Promise<Section> {
  console.log(`\nsingle submits, all in flight at once`)
  const rates: Record<string, number> = {}
  const note = (name: string, count: number, times: readonly number[]): void => {
    rates[name] = Math.round((1000 * count) / median(times))
    console.log(`${name.padEnd(34)} ${rates[name].toLocaleString('en').padStart(9)} tasks/s (${count.toLocaleString('en')} in flight)`)
  }
  const against = async (ours: BenchPoolKind, theirs: BenchPoolKind, count: number): Promise<Pairs> => {
    let pairs: Pairs | undefined
    await withPool(ours, (own) =>
      withPool(theirs, async (other) => {
        await timeInFlight(own, IN_FLIGHT)
        await timeInFlight(other, WARM_UP_CALLS)
        pairs = await measurePairs({
          count,
          warmUps: 0,
          ours: () => timeInFlight(own, IN_FLIGHT),
          theirs: () => timeInFlight(other, IN_FLIGHT),
        })
      }),
    )
    if (pairs === undefined) throw new Error(`${theirs.name} lost a task: there is nothing to compare with`)
    note(
      ours.name,
      IN_FLIGHT,
      pairs.pairs.map((pair) => pair.ours),
    )
    note(
      theirs.name,
      IN_FLIGHT,
      pairs.pairs.map((pair) => pair.theirs),
    )
    return pairs
  }
  const threads = await against(FORKPOOL_THREADS, POOLIFIER_THREADS, 7)
  const processes = await against(FORKPOOL_PROCESSES, TINYPOOL_PROCESSES, 3)
  for (const kind of PEERS) {
    if (kind === POOLIFIER_THREADS || kind === TINYPOOL_PROCESSES) continue
    await withPool(kind, async (pool) => {
      await timeInFlight(pool, WARM_UP_CALLS)
      note(kind.name, PEER_IN_FLIGHT, [await timeInFlight(pool, PEER_IN_FLIGHT)])
    })
  }
  for (const what of ['Pool.apply_async', 'ProcessPoolExecutor.submit', 'ThreadPoolExecutor.submit'] as const) {
    await python.time(what, WARM_UP_CALLS)
    note(`CPython ${what}`, PEER_IN_FLIGHT, [await python.time(what, PEER_IN_FLIGHT)])
  }
  const goals = [
    atLeast('100,000 submits on ThreadPool: poolifier FixedThreadPool’s time over its time', threads.medianRatio, 10),
    atLeast('100,000 submits on ProcessPool: tinypool child_process’s time over its time', processes.medianRatio, 10),
  ]
  return { goals, figures: { tasksPerSecond: rates, threads, processes } }
}

/** Submits squares one by one, all before the first result is looked at; milliseconds until the last result, checked. */
async function timeInFlight(pool: BenchPool, count: number): Promise<number> {
  const startedAt = performance.now()
  const calls: PromiseLike<number>[] = []
  for (let n = 0; n < count; n++) calls.push(pool.square(n))
  const squares = await Promise.all(calls)
  const time = performance.now() - startedAt
  const wrong = squares.findIndex((square, n) => square !== n * n)
  if (wrong !== -1 || squares.length !== count) throw new Error(`a pool gave a wrong square at ${wrong}`)
  return time
}
