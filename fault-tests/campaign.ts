import type { FaultKind } from './plan/fault-kind.ts'
import { FAULT_KINDS } from './plan/fault-kind.ts'
import { planCampaign, planWorld } from './plan/plan.ts'
import { runWorld } from './run-world.ts'
import type { WorldReport } from './run-world.ts'
import { whyNoSmallDisk } from './world/data-disk.ts'

export interface CampaignOptions {
  readonly seed: number
  readonly faults: number
  /** Hears of each world when it is over. */
  readonly onWorld?: (report: WorldReport) => void
  /** Ends the campaign after the world that runs. */
  readonly signal?: AbortSignal | undefined
}

export interface CampaignReport {
  readonly worlds: readonly WorldReport[]
  /** Kinds that cannot be had here, and why. */
  readonly leftOut: readonly { readonly kind: FaultKind; readonly why: string }[]
}

/** World after world until so many faults have been injected. It goes on after a world with problems: the next may show more. */
export async function runCampaign({ seed, faults, onWorld, signal }: CampaignOptions): Promise<CampaignReport> {
  const noDisk = whyNoSmallDisk()
  const kinds = FAULT_KINDS.filter((kind) => kind !== 'disk-full' || noDisk === undefined)
  const worlds: WorldReport[] = []
  for (const world of planCampaign(seed, faults)) {
    if (signal?.aborted === true) break
    const report = await runWorld(planWorld(world.seed, world.faults, kinds))
    worlds.push(report)
    onWorld?.(report)
  }
  return { worlds, leftOut: noDisk === undefined ? [] : [{ kind: 'disk-full', why: noDisk }] }
}

/** One line of a world, and below it what was wrong and how to see it again. */
export function describeWorld(report: WorldReport): string {
  const { seed, injected, problems, tasks, runs, lives, seconds, logFile } = report
  const head =
    `seed ${seed}: ${injected.length} faults, ${tasks.attempted} tasks, ${tasks.right} right, ${tasks.givenUp} given up, ` +
    `${runs} runs, ${lives} lives, ${seconds.toFixed(1)} s: ${problems.length === 0 ? 'all holds' : `${problems.length} PROBLEMS`}`
  if (problems.length === 0) return head
  return [
    head,
    ...problems.map(({ check, what }) => `  ${check}: ${what}`),
    `  faults: ${injected.map(({ kind, phase }) => `${kind} (${phase})`).join(', ')}`,
    `  log: ${logFile ?? ''}`,
    `  again: npm run test:faults -- --seed ${seed} --faults ${injected.length}`,
  ].join('\n')
}
