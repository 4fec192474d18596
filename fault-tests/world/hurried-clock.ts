import type { Clock, Instant } from '@forkpool/pool-core/base'
import { systemClock } from '@forkpool/pool-core/base'

/** A clock on which time passes `factor` times as fast: a client with it gives up a silent coordinator in seconds and not in half a minute. */
export function hurriedClock(factor: number): Clock {
  return {
    now: () => (systemClock.now() * factor) as Instant,
    wallTime: () => systemClock.wallTime(),
    schedule: (at, run, options) => systemClock.schedule((at / factor) as Instant, run, options),
  }
}
