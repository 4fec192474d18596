import type { Check, Evidence } from './check.ts'
import { everyFutureSettled, nothingLost, nothingUnexpected } from './clients.ts'
import { logClean } from './log.ts'
import { descriptorsBack, memoryBack, noOrphans } from './processes.ts'
import { acknowledgedKept, ledgerBalanced, recordedOnce, slotsIdle } from './records.ts'

/** Everything that must hold after a world, in this order: the last of them ends the coordinator. */
const CHECKS: Readonly<Record<string, Check>> = {
  'every future settled': everyFutureSettled,
  'lost 0': nothingLost,
  'unexpected 0': nothingUnexpected,
  'all slots idle': slotsIdle,
  'acknowledged batches kept': acknowledgedKept,
  'one recorded result per task': recordedOnce,
  'ledger balanced': ledgerBalanced,
  'descriptors back to baseline': descriptorsBack,
  'memory back to baseline': memoryBack,
  'log clean': logClean,
  'no orphan process': noOrphans,
}

export interface Problem {
  readonly check: string
  readonly what: string
}

/** Looks at all of it; a check that cannot be made is a problem too. */
export async function audit(evidence: Evidence): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      for (const what of await check(evidence)) problems.push({ check: name, what })
    } catch (error) {
      problems.push({ check: name, what: `could not be made: ${(error as Error).message}` })
    }
  }
  return problems
}
