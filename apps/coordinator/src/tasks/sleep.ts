import { after, systemClock } from '@forkpool/pool-core/base'
import { taskContext } from '@forkpool/pool-core/task'

/** Longest wait: a day. */
const SLEEP_MAX_MS = 86_400_000

/** Waits so many milliseconds without computing; returns them. Ends early, with the reason of the abort, when its result is not wanted. */
export function sleep(ms: number): Promise<number> {
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= SLEEP_MAX_MS)) {
    throw new RangeError(`sleep takes milliseconds from 0 to ${SLEEP_MAX_MS}, got ${typeof ms === 'number' ? ms : typeof ms}`)
  }
  const { signal } = taskContext()
  return new Promise((resolve, reject) => {
    const interrupt = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = systemClock.schedule(after(systemClock.now(), ms), () => {
      signal.removeEventListener('abort', interrupt)
      resolve(ms)
    })
    if (signal.aborted) interrupt()
    else signal.addEventListener('abort', interrupt, { once: true })
  })
}
sleep.description = 'Waits so many milliseconds without computing.'
