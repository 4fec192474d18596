import { taskFailureOf } from '@forkpool/pool-core/dispatch'
import type { SettleFailed } from '@forkpool/pool-core/scheduler'
import type { BatchRun } from './batch-run.ts'
import type { DispatcherParts } from './dispatcher-parts.ts'

/** Keeps the task, where it was given up because its worker ended each time. Its block must still be there. */
export function quarantineLost(command: SettleFailed, run: BatchRun | undefined, { clock, quarantine }: DispatcherParts): void {
  const { attempts, batch, block, cause, index, offset } = command
  const held = run?.block(block)
  if (cause.kind !== 'worker-lost' || run === undefined || held === undefined) return
  const { error } = taskFailureOf(command)
  const request = { ...run.request, pool: run.pool.name, poolSize: run.pool.size }
  quarantine.add({ batch, index, request, attempts, error, at: clock.wallTime() }, held.items, offset)
}
