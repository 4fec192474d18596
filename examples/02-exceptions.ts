/**
 * Lesson 2: five ways to meet an exception: try it, keep it in a future, log it, run the task again, fall back.
 *
 * The Python original, from the documentation of `concurrent.futures`:
 *
 *     with ProcessPoolExecutor() as executor:
 *         future = executor.submit(parse_cents, "ten")
 *         try:
 *             print(future.result())
 *         except AmountError as error:
 *             print("generated an exception:", error)
 *
 * Needs `--tasks examples/tasks.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, TaskError } from '@forkpool/client'

await using cluster = await connect<typeof import('./tasks.ts')>(process.env['FORKPOOL_URL'] ?? 'ws://127.0.0.1:7070')
const pool = cluster.pool({ size: 2 })

// Try. As in Python, the rest of the batch runs to its end, and the call fails with the first failure by index.
try {
  await pool.map('parseCents', ['12.50', 'ten', '3', 'five'])
} catch (error) {
  if (!(error instanceof TaskError)) throw error
  console.log(`try: task ${error.task} failed at index ${error.index}: ${error.message}`)
}

// Future. The failure waits in the future until somebody asks. Its cause is the thrown error: class name, own properties, remote stack.
const future = pool.submit('parseCents', 'ten')
const failure = await future.exception()
if (!(failure instanceof TaskError && failure.cause instanceof Error)) throw new Error('the future should hold a failure')
const { input } = failure.cause as Error & { readonly input?: unknown }
console.log(`future: ${failure.cause.name} with input ${JSON.stringify(input)}`)

// Log. One line for a machine to read, with the place where the task threw, in the worker.
const [, place = ''] = /\((?:file:\/\/)?([^()]*tasks\.ts)/.exec(failure.cause.stack ?? '') ?? []
console.log(
  `log: ${JSON.stringify({ task: failure.task, attempts: failure.attempts, error: failure.message, file: place.split('/').at(-1) })}`,
)

// Retry. Only the failed task runs again, after a wait that doubles.
const folder = await mkdtemp(join(tmpdir(), 'forkpool-lesson-'))
try {
  const answer = await pool.submitWith({ retries: 5, backoffMs: 5 }, 'answerAtThirdTry', join(folder, 'tries'))
  console.log(`retry: ${answer}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

// Fallback. Every outcome comes back, and failures become a value.
const outcomes = await pool.map('parseCents', ['12.50', 'ten', '3'], { settle: true })
const cents = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 0))
console.log(`fallback: ${cents.join(', ')}`)
