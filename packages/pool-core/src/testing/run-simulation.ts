/**
 * Runs simulated worlds until one breaks a promise: `npm run sim -- --seed 1 --runs 1000`. Without `--seed` it begins anywhere. Prints the failing
 * seed, which runs the same world again, and exits 1; 2 for bad usage. A seed that found something goes into `sim-world.test.ts`.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { SimWorld } from './sim-world.ts'

const RUNS_DEFAULT = 1_000
const SEED_MAX = 2 ** 31

process.exitCode = main(process.argv.slice(2))

function main(args: readonly string[]): number {
  let seed: number
  let runs: number
  try {
    const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string' }, runs: { type: 'string' } } })
    seed = values.seed === undefined ? Math.floor(systemRandom.next() * SEED_MAX) : wholeNumber('--seed', values.seed)
    runs = values.runs === undefined ? RUNS_DEFAULT : wholeNumber('--runs', values.runs)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error('usage: npm run sim -- [--seed N] [--runs M]')
    return 2
  }
  return simulate(seed, runs)
}

function simulate(seed: number, runs: number): number {
  const from = systemClock.now()
  const sum = { steps: 0, tasks: 0, failed: 0, cancelled: 0, workersLost: 0 }
  for (let i = 0; i < runs; i++) {
    try {
      const { steps, tasks, workersLost } = new SimWorld(seed + i).run()
      sum.steps += steps
      sum.tasks += tasks.completed + tasks.failed + tasks.cancelled
      sum.failed += tasks.failed
      sum.cancelled += tasks.cancelled
      sum.workersLost += workersLost
    } catch (error) {
      console.error(error)
      console.error(`\nseed ${seed + i} failed; again: npm run sim -- --seed ${seed + i} --runs 1`)
      return 1
    }
  }
  const seconds = (systemClock.now() - from) / 1000
  console.log(`${runs} worlds from seed ${seed} kept every promise, in ${seconds.toFixed(1)} s: ${JSON.stringify(sum)}`)
  return 0
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === '') throw new Error(`${name} must be a whole number, not ${text}`)
  return value
}
