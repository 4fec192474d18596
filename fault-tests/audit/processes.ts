/** What is left on the machine. */
import { descriptorsOf, processesOfGroup } from '../world/processes.ts'
import { holdsWithin } from '../world/wait.ts'
import { settlesAt } from './baseline.ts'
import type { Check } from './check.ts'

/** What the heap may have grown by: the ended batches of a world, which stay in the lists, and what V8 compiled. */
const GROWTH_BYTES = 24 * 1024 * 1024
const SETTLE_LIMIT_MS = 3_000
const END_LIMIT_MS = 10_000

/** Descriptors of the coordinator are what they were. */
export const descriptorsBack: Check = async ({ world, baseline }) => {
  if (await settlesAt(world.coordinator, SETTLE_LIMIT_MS, baseline.descriptors)) return []
  const kinds = [...descriptorsOf(world.coordinator.pid)].map(([kind, count]) => `${count} ${kind}`).join(', ')
  return [`more than ${baseline.descriptors} descriptors: ${kinds}`]
}

/** What the coordinator holds, after a collection, is what it was. */
export const memoryBack: Check = async ({ world, baseline }) => {
  const grown = (await world.coordinator.heldBytes()) - baseline.heldBytes
  return grown <= GROWTH_BYTES ? [] : [`the coordinator holds ${(grown / 1024 ** 2).toFixed(1)} MiB more than at its start`]
}

/** The last coordinator ends when it is asked to, with 0, and no process of any life is left. The last check: nothing can be asked after it. */
export const noOrphans: Check = async ({ world }) => {
  const problems: string[] = []
  world.coordinator.signal('SIGTERM')
  const ended = await holdsWithin(END_LIMIT_MS, () => world.coordinator.isOver)
  if (!ended) problems.push('the coordinator did not end when it was asked to')
  else if ((await world.coordinator.exited) !== 0) problems.push(`the coordinator ended with ${await world.coordinator.exited}`)
  if (!(await holdsWithin(SETTLE_LIMIT_MS, () => world.lives.every((life) => life.isGone()))))
    for (const { pid } of world.lives)
      for (const left of processesOfGroup(pid)) problems.push(`process ${left.pid} of the coordinator ${pid} is left (${left.state})`)
  return problems
}
