import { after, systemClock } from '../base/clock.ts'
import type { Cancel } from '../base/clock.ts'

/** Any time that no program outlives its wait by: the timer is never meant to fire, only to be there. */
const FAR_MS = 1e12

let holders = 0
let cancel: Cancel | undefined

/** Keeps this thread's event loop alive until the returned function is called. One timer serves all callers. */
export function keepAlive(): () => void {
  if (holders++ === 0) cancel = systemClock.schedule(after(systemClock.now(), FAR_MS), () => {})
  let isReleased = false
  return () => {
    if (isReleased) return
    isReleased = true
    if (--holders === 0) cancel?.()
  }
}
