import { setTimeout as delay } from 'node:timers/promises'

/** How often a condition is looked at, milliseconds. */
const LOOK_EVERY_MS = 10

/** Waits until `condition` holds. False: it does not within `limitMs`. */
export async function holdsWithin(limitMs: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() >= end) return false
    await delay(LOOK_EVERY_MS)
  }
  return true
}

/** Lasts so long: the duration of a fault, never a guess at when something is ready. */
export async function lasts(ms: number): Promise<void> {
  await delay(ms)
}
