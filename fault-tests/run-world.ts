import { audit } from './audit/audit.ts'
import type { Problem } from './audit/audit.ts'
import { isAtRest, takeBaseline } from './audit/baseline.ts'
import { FAULTS } from './faults/all-faults.ts'
import type { Scene } from './faults/fault.ts'
import type { BatchReport, RunningBatch } from './load/running-batch.ts'
import { Workload } from './load/workload.ts'
import type { FaultPlan, Phase, Plan, RoundPlan } from './plan/plan.ts'
import { WORKERS } from './world/coordinator-process.ts'
import { holdsWithin } from './world/wait.ts'
import { World } from './world/world.ts'

/** All batches of a round have so long to settle when its faults are over. */
const SETTLE_LIMIT_MS = 30_000
/** Longer than a batch whose client has given it up is kept for it. */
const REST_LIMIT_MS = 25_000
/** A phase of a batch that does not come, since another fault holds it up, is not waited for longer. */
const PHASE_LIMIT_MS = 2_000

/** A share of the results with which a phase begins. */
const RUNNING_UP_TO = 0.8
const ENDING_FROM = 0.9

export interface WorldReport {
  readonly seed: number
  /** Kinds and phases, in order. */
  readonly injected: readonly FaultPlan[]
  readonly problems: readonly Problem[]
  readonly tasks: { readonly attempted: number; readonly right: number; readonly givenUp: number }
  /** How often tasks began to run. */
  readonly runs: number
  readonly lives: number
  readonly seconds: number
  /** Kept where there are problems. */
  readonly logFile: string | undefined
}

/** Lives through one plan and looks at what is left. Nothing of it stays but, after problems, its log. */
export async function runWorld(plan: Plan): Promise<WorldReport> {
  const startedAt = performance.now()
  const injected = plan.rounds.flatMap(({ faults }) => faults)
  const mayForget = injected.some(({ kind }) => kind === 'disk-full')
  const world = await World.open(mayForget)
  const batches: BatchReport[] = []
  const problems = await liveThrough(world, plan, batches, mayForget).catch((error: unknown): readonly Problem[] => [
    { check: 'the world goes on', what: (error as Error).stack ?? String(error) },
  ])
  const { runs, logFile } = world
  await world.close(problems.length > 0)
  const attempted = batches.reduce((sum, batch) => sum + batch.attempted, 0)
  const right = batches.reduce((sum, batch) => sum + batch.right, 0)
  return {
    seed: plan.seed,
    injected,
    problems,
    tasks: { attempted, right, givenUp: attempted - right },
    runs,
    lives: world.lives.length,
    seconds: (performance.now() - startedAt) / 1000,
    logFile: problems.length > 0 ? logFile : undefined,
  }
}

/** @param batches what its batches came to is added here, also when it does not get to its end. */
async function liveThrough(world: World, plan: Plan, batches: BatchReport[], mayForget: boolean): Promise<readonly Problem[]> {
  const load = new Workload(world.cluster.pool({ size: WORKERS }))
  const baseline = await warmUp(world, load)
  for (const round of plan.rounds) {
    batches.push(...(await runRound(world, load, round)))
    if (batches.some(({ isSettled }) => !isSettled)) break
  }
  await world.leave()
  const rests = await holdsWithin(REST_LIMIT_MS, () => isAtRest(world.coordinator))
  const unresting = rests ? [] : [await unrest(world)]
  return [...unresting, ...(await audit({ world, batches, baseline, mayForget }))]
}

/** Has every kind of batch run once, so that code is compiled and files are open, and takes the measure of the coordinator then. */
async function warmUp(world: World, load: Workload): Promise<Awaited<ReturnType<typeof takeBaseline>>> {
  for (const kind of ['array', 'texts', 'stream', 'keyed'] as const) await load.start({ kind, items: 20 }).settled
  world.proxy.drop()
  world.proxy.leadTo(0)
  if (!(await holdsWithin(REST_LIMIT_MS, () => isAtRest(world.coordinator))))
    throw new Error('the world does not come to rest before it begins')
  const baseline = await takeBaseline(world.coordinator)
  world.proxy.leadTo(world.coordinator.port)
  return baseline
}

async function runRound(world: World, load: Workload, round: RoundPlan): Promise<readonly BatchReport[]> {
  const batches: RunningBatch[] = []
  const scene: Scene = { world, load, join: (batch) => batches.push(batch) }
  const quiet = round.faults.filter(({ phase }) => phase === 'quiet').map((fault) => inject(scene, fault))
  const planned = round.batches.map((batch) => load.start(batch))
  const [first] = planned
  batches.push(...planned)
  const during = round.faults
    .filter(({ phase }) => phase !== 'quiet')
    .map(async (fault) => {
      if (first !== undefined) await reached(fault, first)
      await inject(scene, fault)
    })
  const all = Promise.all([...quiet, ...during])
  const isOver = all.then(() => Promise.all(batches.map(({ settled }) => settled)))
  let isSettled = false
  isOver.then(
    () => (isSettled = true),
    () => undefined,
  )
  // What a fault itself waits for, its own batch, may be what hangs.
  await Promise.race([all, holdsWithin(2 * SETTLE_LIMIT_MS, () => isSettled)])
  await holdsWithin(SETTLE_LIMIT_MS, () => isSettled)
  const excuses = new Set<string>(round.faults.flatMap(({ kind }) => FAULTS[kind].excuses))
  return batches.map((batch) => batch.report(excuses))
}

async function inject(scene: Scene, { kind, amount, target }: FaultPlan): Promise<void> {
  await FAULTS[kind].inject(scene, { amount, target })
}

const PHASE_BEGINS: Readonly<Record<Phase, (amount: number) => number>> = {
  quiet: () => 0,
  opening: () => 0,
  running: (amount) => 0.01 + amount * RUNNING_UP_TO,
  ending: () => ENDING_FROM,
}

async function reached({ phase, amount }: FaultPlan, batch: RunningBatch): Promise<void> {
  const from = PHASE_BEGINS[phase](amount)
  await holdsWithin(PHASE_LIMIT_MS, () => batch.progress >= from)
}

async function unrest(world: World): Promise<Problem> {
  const [status, workers] = await Promise.all([
    world.coordinator.view<object>('/api/v1/status'),
    world.coordinator.view<object>('/api/v1/workers'),
  ])
  return { check: 'comes to rest', what: JSON.stringify({ status, workers }) }
}
