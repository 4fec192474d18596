import { setImmediate as nextTurn } from 'node:timers/promises'
import { answerTo } from '../inside/tasks.ts'
import type { Work } from '../inside/tasks.ts'
import type { BatchKind, BatchPlan } from '../plan/plan.ts'
import { RunningBatch } from './running-batch.ts'
import type { Expected, Pool } from './running-batch.ts'

/** How long one task takes, milliseconds: with two workers a round lasts about a second. */
const TASK_MS = 2
const TEXT_LENGTH = 1_200
const STREAM_BUFFER = 64

type Start = (batch: RunningBatch, pool: Pool, first: number, count: number) => Promise<void>

/** Hands in batches whose items no other batch of this world has. */
export class Workload {
  readonly #pool: Pool
  #next = 1

  constructor(pool: Pool) {
    this.#pool = pool
  }

  start({ kind, items }: BatchPlan): RunningBatch {
    const first = this.#next
    this.#next += items
    const expected = numbersFrom(first, items).map((n): Expected => ({ value: kind === 'texts' ? textOf(n) : answerTo(n) }))
    return new RunningBatch(`${kind} of ${items} from ${first}`, expected, (batch) => STARTS[kind](batch, this.#pool, first, items))
  }

  /** A batch one of whose tasks, that at `bad`, must fail with this code, and no other. */
  startWithOneBad(
    name: string,
    count: number,
    bad: number,
    code: string,
    call: (
      pool: Pool,
      numbers: readonly number[],
      bad: number,
      told: ReturnType<typeof listeners>,
    ) => Promise<PromiseSettledResult<unknown>[]>,
  ): RunningBatch {
    const first = this.#next
    this.#next += count
    const numbers = numbersFrom(first, count)
    const expected = numbers.map((n, at): Expected => (at === bad ? { code } : { value: answerTo(n) }))
    return new RunningBatch(`${name} at ${first + bad} of ${count} from ${first}`, expected, async (batch) =>
      putAll(batch, await call(this.#pool, numbers, first + bad, listeners(batch))),
    )
  }
}

const STARTS: Readonly<Record<BatchKind, Start>> = {
  array: async (batch, pool, first, count) =>
    putAll(batch, await pool.map('work', worksFrom(first, count), { settle: true, ...listeners(batch) })),
  texts: async (batch, pool, first, count) =>
    putAll(batch, await pool.map('echo', numbersFrom(first, count).map(textOf), { settle: true, ...listeners(batch) })),
  keyed: async (batch, pool, first, count) =>
    putAll(batch, await pool.map('work', worksFrom(first, count), { settle: true, key: `from ${first}`, ...listeners(batch) })),
  flaky: async (batch, pool, first, count) =>
    putAll(batch, await pool.map('flaky', worksFrom(first, count), { settle: true, retries: 2, ...listeners(batch) })),
  stream: async (batch, pool, first, count) => {
    let at = 0
    const options = { settle: true as const, bufferSize: STREAM_BUFFER, ...listeners(batch) }
    for await (const outcome of pool.imap('work', slowly(first, count), options)) batch.put(at++, outcome)
  },
  singles: async (batch, pool, first, count) => {
    await Promise.all(
      worksFrom(first, count).map(async (item, at) => {
        const [outcome] = await Promise.allSettled([pool.submit('work', item)])
        batch.put(at, outcome)
        batch.done++
      }),
    )
  },
}

function listeners(batch: RunningBatch): {
  readonly onAccepted: (accepted: { readonly id: string }) => void
  readonly onProgress: (progress: { readonly done: number }) => void
} {
  return {
    onAccepted: ({ id }) => (batch.id = id),
    onProgress: ({ done }) => (batch.done = done),
  }
}

function putAll(batch: RunningBatch, outcomes: readonly PromiseSettledResult<unknown>[]): void {
  for (const [at, outcome] of outcomes.entries()) batch.put(at, outcome)
}

/** Items that do not come all at once: the batch is open while it runs. */
async function* slowly(first: number, count: number): AsyncGenerator<Work> {
  for (let n = first; n < first + count; n++) {
    await nextTurn()
    yield { n, ms: TASK_MS }
  }
}

function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

function worksFrom(first: number, count: number): Work[] {
  return numbersFrom(first, count).map((n) => ({ n, ms: TASK_MS }))
}

function textOf(n: number): string {
  return `${n} `.repeat(Math.ceil(TEXT_LENGTH / (String(n).length + 1)))
}
