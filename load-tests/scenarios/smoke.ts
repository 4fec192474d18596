/**
 * Every kind of batch, a few times, from four sessions at once: are all answers right? Bounded to 20 iterations and a minute.
 *
 *   k6 run load-tests/scenarios/smoke.ts
 */
import { check } from 'k6'
import exec from 'k6/execution'
import { hasFailed, isRight } from '../lib/batch.ts'
import { batchesRight } from '../lib/figures.ts'
import { Refused, Session } from '../lib/session.ts'
import { summarise } from '../lib/summary.ts'
import type { SummaryData } from '../lib/summary.ts'
import { readTarget } from '../lib/target.ts'
import { SMOKE_ITERATIONS, SMOKE_THRESHOLDS } from '../thresholds.ts'

export const options = {
  scenarios: { smoke: { executor: 'shared-iterations', vus: 4, iterations: SMOKE_ITERATIONS, maxDuration: '60s' } },
  thresholds: SMOKE_THRESHOLDS,
}

const target = readTarget(__ENV)
const POOL_SIZES = [1, 2, 4]

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const square = (index: number): number => (index + 1) ** 2

async function smoke(): Promise<void> {
  const poolSize = POOL_SIZES[exec.scenario.iterationInTest % POOL_SIZES.length] ?? 1
  const session = await Session.open(target)
  check(session, { 'version 1 is spoken': ({ version }) => version === 1 })

  const whole = await session.submit({ task: 'square', poolSize, parts: [upTo(1000)] })
  check(whole, { 'the pool has the size asked for': (batch) => batch.poolSize === poolSize })

  const items = upTo(300)
  const inParts = await session.submit({ task: 'square', poolSize, parts: [items.slice(0, 7), items.slice(7, 150), items.slice(150)] })
  const single = await session.submit({ task: 'square', poolSize, parts: [[12]] })
  // Three at once: answers of one must not end up in another.
  const together = await Promise.all([50, 60, 70].map((count) => session.submit({ task: 'square', poolSize, parts: [upTo(count)] })))
  const failing = await session.submit({ task: 'fail', poolSize, parts: [['one', 'two', 'three']] })
  const refusal = await session.submit({ task: 'noSuchTask', poolSize, parts: [[1]] }).then(
    () => undefined,
    (error: unknown) => error,
  )

  const verdicts = [whole, inParts, ...together].map((batch) => isRight(batch, square))
  verdicts.push(
    isRight(single, () => 144),
    hasFailed(failing, 'DemonstrationError'),
  )
  for (const right of verdicts) batchesRight.add(right)
  check(verdicts, { 'every answer is right': (all) => all.every((right) => right) })
  check(refusal, { 'an unknown task is refused with its code': (error) => error instanceof Refused && error.code === 'TASK_UNKNOWN' })
  await session.close()
}

// k6 takes the scenario from the default export, and the end from this name.
export default smoke
export const handleSummary = (data: SummaryData): Record<string, string> => summarise(data, __ENV['FORKPOOL_SUMMARY'])
