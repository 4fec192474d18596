/**
 * More and more sessions, each sending batches of ten thousand squares without a pause, then fewer again. Stages are ten seconds;
 * FORKPOOL_STAGE_SECONDS says otherwise (1 to 300).
 *
 *   k6 run load-tests/scenarios/throughput.ts
 */
import { check, sleep } from 'k6'
import { isRight } from '../lib/batch.ts'
import { batchesRight } from '../lib/figures.ts'
import { Session } from '../lib/session.ts'
import { summarise } from '../lib/summary.ts'
import type { SummaryData } from '../lib/summary.ts'
import { readTarget } from '../lib/target.ts'
import { THROUGHPUT_THRESHOLDS } from '../thresholds.ts'

const target = readTarget(__ENV)
const seconds = Number(__ENV['FORKPOOL_STAGE_SECONDS'] || '10')
if (!Number.isInteger(seconds) || seconds < 1 || seconds > 300)
  throw new Error(`FORKPOOL_STAGE_SECONDS: expected a whole number from 1 to 300, got "${__ENV['FORKPOOL_STAGE_SECONDS']}"`)

const SESSIONS = [1, 4, 8, 8, 0]

export const options = {
  scenarios: {
    throughput: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: SESSIONS.map((sessions) => ({ duration: `${seconds}s`, target: sessions })),
      gracefulRampDown: '30s',
      gracefulStop: '30s',
    },
  },
  thresholds: THROUGHPUT_THRESHOLDS,
}

const BATCHES_PER_SESSION = 10
const items = Array.from({ length: 10_000 }, (_, index) => index)

async function throughput(): Promise<void> {
  try {
    await oneSession()
  } catch (error) {
    // A service that is gone is not asked again at full speed.
    sleep(1)
    throw error
  }
}

async function oneSession(): Promise<void> {
  const session = await Session.open(target)
  for (let batch = 0; batch < BATCHES_PER_SESSION; batch++) {
    const ended = await session.submit({ task: 'square', poolSize: 4, parts: [items] })
    const right = isRight(ended, (index) => index * index)
    batchesRight.add(right)
    check(right, { 'every answer is right': (all) => all })
  }
  await session.close()
}

export default throughput
export const handleSummary = (data: SummaryData): Record<string, string> => summarise(data, __ENV['FORKPOOL_SUMMARY'])
