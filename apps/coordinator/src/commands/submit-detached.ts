import type { ClusterCallOptions, ClusterPool, StreamOptions } from '@forkpool/client'
import { after, deferred, ForkpoolError, systemClock } from '@forkpool/pool-core/base'
import type { BatchView } from '@forkpool/pool-core/protocol'
import type { ApiClient } from './api-client.ts'
import type { Terminal } from './command.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import type { TaskItems } from './task-items.ts'

/** How often the coordinator is asked whether it has all of the input. */
const LOOK_EVERY_MS = 50

export interface DetachedBatch {
  readonly pool: ClusterPool
  readonly task: string
  readonly source: TaskItems
  readonly spread: boolean
  readonly options: StreamOptions & ClusterCallOptions
  readonly api: ApiClient
}

/** Submits a batch that goes on without us, and prints its identifier once the coordinator has recorded all of its input. */
export async function submitDetached(terminal: Terminal, { pool, task, source, spread, options, api }: DetachedBatch): Promise<ExitCode> {
  const accepted = deferred<string>()
  const input = new CountedInput(source.values)
  // Results are read and let go, or the input would wait for them.
  const detached = {
    ...options,
    detached: true,
    settle: true as const,
    onAccepted: ({ id }: { readonly id: string }) => accepted.resolve(id),
  }
  const results = spread ? pool.istarmap(task, input as AsyncIterable<unknown[]>, detached) : pool.imap(task, input, detached)
  const ended = drain(results)
  // Of an input that cannot be read, or a batch that is refused, the error is the answer.
  ended.catch((error: unknown) => accepted.reject(error))
  const id = await Promise.race([accepted.promise, ended])
  if (id === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'map: there are no items')
  let isOver = false
  const over = ended.then(() => (isOver = true))
  // When we leave, whoever reads the results hears that the connection was closed.
  over.catch(() => undefined)
  while (!isOver && !(input.isOver && (await isRecorded(api, id, input.count)))) await Promise.race([over, pause()])
  terminal.stdout.write(`${id}\n`)
  return EXIT.done
}

async function isRecorded(api: ApiClient, id: string, count: number): Promise<boolean> {
  const { submitted, total, endedAt } = await api.get<BatchView>(`/api/v1/batches/${encodeURIComponent(id)}`)
  return endedAt !== null || (total !== null && submitted >= count)
}

async function drain(results: AsyncIterator<PromiseSettledResult<unknown>>): Promise<undefined> {
  for (;;) if ((await results.next()).done === true) return undefined
}

function pause(): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(after(systemClock.now(), LOOK_EVERY_MS), resolve))
}

/** An input that counts what is read of it. */
class CountedInput implements AsyncIterable<unknown> {
  readonly #values: TaskItems['values']
  count = 0
  isOver = false

  constructor(values: TaskItems['values']) {
    this.#values = values
  }

  async *[Symbol.asyncIterator](): AsyncGenerator {
    for await (const value of this.#values) {
      this.count++
      yield value
    }
    this.isOver = true
  }
}
