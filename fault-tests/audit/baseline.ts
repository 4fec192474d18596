import type { StatusView } from '@forkpool/pool-core/protocol'
import type { CoordinatorProcess } from '../world/coordinator-process.ts'
import { WORKERS } from '../world/coordinator-process.ts'
import { descriptorsOf } from '../world/processes.ts'
import { holdsWithin } from '../world/wait.ts'

export interface Baseline {
  readonly descriptors: number
  readonly heldBytes: number
}

/** Idle, with the workers that it keeps, and nobody connected. */
export async function isAtRest(coordinator: CoordinatorProcess): Promise<boolean> {
  const { sessions, workers, batches } = await coordinator.view<StatusView>('/api/v1/status')
  return sessions === 0 && batches.open === 0 && workers.idle === WORKERS && workers.busy === 0 && workers.starting === 0
}

export async function takeBaseline(coordinator: CoordinatorProcess): Promise<Baseline> {
  return { descriptors: countDescriptors(coordinator), heldBytes: await coordinator.heldBytes() }
}

/** Sockets of requests that have just been answered go a moment later. */
export async function settlesAt(coordinator: CoordinatorProcess, limitMs: number, descriptors: number): Promise<boolean> {
  return await holdsWithin(limitMs, () => countDescriptors(coordinator) <= descriptors)
}

function countDescriptors(coordinator: CoordinatorProcess): number {
  return [...descriptorsOf(coordinator.pid).values()].reduce((sum, count) => sum + count, 0)
}
