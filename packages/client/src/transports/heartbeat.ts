import type { Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'

/** A live coordinator answers a ping in milliseconds; a stalled network gets two of these before it counts as gone. */
export const HEARTBEAT_MS = 15_000

export interface Heartbeat {
  /** Something came from the other side. */
  heard(): void
  stop(): void
}

/**
 * Notices a peer that vanished without a word (power, network): after a silence of `HEARTBEAT_MS` it asks by `ping`, after a second one it
 * calls `silent`. Its timer does not keep the program alive.
 */
export function startHeartbeat(clock: Clock, ping: () => void, silent: () => void): Heartbeat {
  let heard = true
  let asked = false
  let dueAt = after(clock.now(), HEARTBEAT_MS)
  const beat = (): void => {
    const now = clock.now()
    // A beat that comes late says that this program did not get to its timers, so it did not get to what came in either.
    const late = now - dueAt > HEARTBEAT_MS / 2
    if (!heard && asked && !late) {
      silent()
      return
    }
    asked = !heard
    if (asked) ping()
    heard = false
    dueAt = after(now, HEARTBEAT_MS)
    cancel = clock.schedule(dueAt, beat, { unref: true })
  }
  let cancel = clock.schedule(dueAt, beat, { unref: true })
  return {
    heard: () => {
      heard = true
    },
    stop: () => cancel(),
  }
}
