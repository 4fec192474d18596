import type { Clock } from '../base/clock.ts'
import { after, systemClock } from '../base/clock.ts'
import type { Future } from './future.ts'

/**
 * When `wait` returns: when all are done; when any is done; or when any has failed, and when all are done if none fails. A cancelled
 * future has not failed.
 */
export type ReturnWhen = 'all-completed' | 'first-completed' | 'first-exception'

export interface WaitOptions {
  /** Milliseconds; when they are over, what is done by then is returned. Default: no limit. */
  readonly timeoutMs?: number | undefined
  /** Default `all-completed`. */
  readonly returnWhen?: ReturnWhen | undefined
  readonly clock?: Clock | undefined
}

/** The futures that are done, and the rest. A future that was given twice is there once. */
export interface WaitResult<Value> {
  readonly done: Set<Future<Value>>
  readonly notDone: Set<Future<Value>>
}

/**
 * Waits for futures, and never rejects. A future that is cancelled but whose executor does not know yet counts as not done.
 * Source: `concurrent.futures.wait`.
 */
export function wait<Value>(futures: Iterable<Future<Value>>, options?: WaitOptions): Promise<WaitResult<Value>> {
  const { timeoutMs, returnWhen = 'all-completed', clock = systemClock } = options ?? {}
  const done = new Set<Future<Value>>()
  const notDone = new Set<Future<Value>>(futures)
  return new Promise((resolve) => {
    const stops: (() => void)[] = []
    const finish = (): void => {
      for (const stop of stops) stop()
      resolve({ done, notDone })
    }
    let ended = notDone.size === 0
    let watching = false
    for (const future of notDone) {
      const stop = future.watch(() => {
        done.add(future)
        notDone.delete(future)
        const failed = returnWhen === 'first-exception' && future.outcome()?.status === 'rejected'
        ended ||= notDone.size === 0 || returnWhen === 'first-completed' || failed
        // Those that have ended already are all counted before anything is returned.
        if (ended && watching) finish()
      })
      stops.push(stop)
    }
    watching = true
    if (ended) finish()
    else if (timeoutMs !== undefined) stops.push(clock.schedule(after(clock.now(), timeoutMs), finish))
  })
}
