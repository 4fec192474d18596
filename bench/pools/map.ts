import { ProcessPool, ThreadPool } from '@forkpool/pool-core'
import { measurePairs } from '../measure/pairs.ts'
import type { Pairs } from '../measure/pairs.ts'
import type { PythonPools } from './python-pools.ts'
import { atLeast, round } from './section.ts'
import type { Section } from './section.ts'

const POOL_SIZE = 2
const SQUARES = 1_000_000
/** V8 goes on compiling for some ten million tasks; CPython has nothing to warm up but its heap. */
const WARM_UPS = 10

/** A million squares from call to result array. */
export async function benchMap(python: PythonPools): Promise<Section> {
  console.log(`\nmap of ${SQUARES.toLocaleString('en')} squares, from call to result array`)
  const tasks = new URL('./workers/tasks.mjs', import.meta.url)
  await using processes = new ProcessPool(tasks, { size: POOL_SIZE })
  await using threads = new ThreadPool(tasks, { size: POOL_SIZE })
  const numbers = Array.from({ length: SQUARES }, (_, n) => n)
  const time = async (pool: ProcessPool | ThreadPool): Promise<number> => {
    const startedAt = performance.now()
    const squares = (await pool.map('square', numbers)) as number[]
    const taken = performance.now() - startedAt
    if (squares.length !== SQUARES || squares.some((square, n) => square !== n * n)) throw new Error('a pool gave wrong squares')
    return taken
  }
  const first = round((await python.time('Pool.map', SQUARES)) / (await time(processes)))
  console.log(`first call of either, ours with the start of its workers: ratio ${first.toFixed(2)}`)
  const against = async (name: string, ours: () => Promise<number>, theirs: () => Promise<number>, count: number): Promise<Pairs> => {
    const pairs = await measurePairs({ count, warmUps: WARM_UPS, ours, theirs })
    console.log(`${name.padEnd(58)} ${ms(pairs.medianOurs)} against ${ms(pairs.medianTheirs)}: ratio ${pairs.medianRatio.toFixed(2)}`)
    return pairs
  }
  const main = await against(
    'ProcessPool.map : CPython Pool.map',
    () => time(processes),
    () => python.time('Pool.map', SQUARES),
    11,
  )
  const others = {
    'ThreadPool.map : CPython Pool.map': await against(
      'ThreadPool.map : CPython Pool.map',
      () => time(threads),
      () => python.time('Pool.map', SQUARES),
      5,
    ),
    'ProcessPool.map : CPython ProcessPoolExecutor.map': await against(
      'ProcessPool.map : CPython ProcessPoolExecutor.map',
      () => time(processes),
      () => python.time('ProcessPoolExecutor.map', SQUARES),
      3,
    ),
  }
  const goals = [atLeast('ProcessPool.map of a million squares: CPython Pool.map’s time over its time', main.medianRatio, 5)]
  return { goals, figures: { firstCallRatio: first, 'ProcessPool.map : CPython Pool.map': main, ...others } }
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
