/** A user's program in JavaScript, without a type or a build. Prints what it found, as JSON. */
import { ForkpoolError, ProcessPool, range, ThreadPool } from '@forkpool/pool-core'
import { Lock, Value } from '@forkpool/pool-core/sync'

const TASKS = new URL('./tasks.mjs', import.meta.url)
const report = []
for (const [kind, Pool] of /** @type {const} */ ([
  ['thread', ThreadPool],
  ['process', ProcessPool],
])) {
  using lock = new Lock({ memory: kind })
  using counter = new Value('i32', 0, { memory: kind, lock: false })
  await using pool = new Pool(TASKS, { size: 2, initializer: 'share', initializerArguments: [lock.handle, counter.handle] })
  const squares = /** @type {number[]} */ (await pool.map('square', range(1, 1_001)))
  await pool.map('count', [1_000, 1_000], { chunkSize: 1 })
  const error = await pool.map('sqare', [1]).catch((/** @type {unknown} */ reason) => reason)
  report.push({
    kind,
    sum: squares.reduce((sum, n) => sum + n, 0),
    counter: counter.value,
    unknownTask: error instanceof ForkpoolError ? error.code : String(error),
  })
  lock.unlink()
  counter.unlink()
}
console.log(JSON.stringify(report))
