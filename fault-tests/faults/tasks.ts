import { between } from './fault.ts'
import type { Fault } from './fault.ts'

/** So many tasks stand beside the one that is bad. */
const COMPANY = 40
const TIMEOUT_MS = 400

function place(target: number): number {
  return Math.floor(target * COMPANY)
}

/** A task that ends its worker each time: it alone fails. */
export const poisonTask: Fault = {
  excuses: [],
  inject: async ({ load, join }, { target }) => {
    const batch = load.startWithOneBad('poison', COMPANY, place(target), 'WORKER_LOST', (pool, numbers, bad, told) =>
      pool.map(
        'poison',
        numbers.map((n) => ({ n, bad })),
        { settle: true, ...told },
      ),
    )
    join(batch)
    await batch.settled
  },
}

/** A task that takes more memory than its worker may have: it alone fails. */
export const memoryTask: Fault = {
  excuses: [],
  inject: async ({ load, join }, { amount, target }) => {
    const mb = Math.round(between(260, 320, amount))
    const batch = load.startWithOneBad('memory', COMPANY, place(target), 'WORKER_LOST', (pool, numbers, bad, told) =>
      pool.map(
        'greedy',
        numbers.map((n) => ({ n, bad, mb })),
        { settle: true, ...told },
      ),
    )
    join(batch)
    await batch.settled
  },
}

/** A task that loops for ever, in a batch with a limit: it alone fails. */
export const endlessTask: Fault = {
  excuses: [],
  inject: async ({ load, join }, { target }) => {
    const batch = load.startWithOneBad('endless', COMPANY, place(target), 'TIMED_OUT', (pool, numbers, bad, told) =>
      pool.map(
        'endless',
        numbers.map((n) => ({ n, bad })),
        { settle: true, timeoutMs: TIMEOUT_MS, ...told },
      ),
    )
    join(batch)
    await batch.settled
  },
}
