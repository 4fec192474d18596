import type { SeededRandom } from './seeded-random.ts'
import type { SimBatch, SimItem, SimPlan } from './sim-plan.ts'

/** Far above every run and every way where answers do not dawdle, and where they do. */
const TIMEOUT_MS = 1_000
const TIMEOUT_WHERE_LATE_MS = 60_000

/**
 * The same world with what callers may ask for beside the work itself: weights, jitter, limits of run time and deadlines, and with starts that are
 * given up. Drawn from a source of its own, so that the plans of the worlds without stay as they are.
 */
export function withPolicies(plan: SimPlan, random: SeededRandom): SimPlan {
  const weights = Array.from({ length: 4 }, () => random.pick([1, 1, 3, 0.5]))
  return {
    ...plan,
    options: { ...plan.options, failedStartsMax: random.pick([1, 3]) },
    batches: plan.batches.map((batch, i) => {
      const weight = weights[Number(batch.session.at(-1) ?? i)] ?? 1
      const jitter = random.pick([0, 0.2, 1])
      const deadlineMs = random.chance(0.2) ? random.pick([50, 500, 5_000]) : undefined
      const timed = random.chance(0.5) ? limitRuns(batch, plan, random) : batch
      return { ...timed, weight, jitter, deadlineMs }
    }),
  }
}

function limitRuns(batch: SimBatch, { faults }: SimPlan, random: SeededRandom): SimBatch {
  const items = new Map(batch.items)
  const count = batch.blocks.reduce((sum, block) => sum + block.count, 0)
  const draw = (item: SimItem): void => {
    if (count > 0) items.set(random.integer(0, count - 1), item)
  }
  for (let i = random.integer(0, 2); i > 0; i--) draw({ kind: 'hangs' })
  for (let i = random.integer(0, 2); i > 0; i--) draw({ kind: 'lingers' })
  return { ...batch, items, timeoutMs: faults.late > 0 ? TIMEOUT_WHERE_LATE_MS : TIMEOUT_MS }
}
