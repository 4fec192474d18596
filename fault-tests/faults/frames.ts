import type { Mischief } from '../world/lane.ts'
import { holdsWithin } from '../world/wait.ts'
import type { Fault } from './fault.ts'

/** Of both directions the one in which work is handed in gets the larger part. */
const UP_SHARE = 0.7

/** Where no message comes for so long there is none to harm, and a later round, which is promised to be free of this, would have it. */
const ARMED_MS = 1_500

/** The next message of every connection. A protocol that is broken ends the connection, and its batches with it: with one of these codes, the last where the reason did not arrive. */
function armed(mischief: Mischief): Fault {
  return {
    excuses: ['BAD_MESSAGE', 'CONNECTION_LOST', 'BATCH_CANCELLED'],
    inject: async ({ world }, { target }) => {
      const lanes = [...world.proxy.lines].map(({ up, down }) => (target < UP_SHARE ? up : down))
      for (const lane of lanes) lane.arm(mischief)
      await holdsWithin(ARMED_MS, () => lanes.every(({ isArmed }) => !isArmed))
      for (const lane of lanes) lane.disarm()
    },
  }
}

/** A message arrives twice. */
export const frameTwice: Fault = armed('twice')

/** Two messages change places. */
export const framesSwapped: Fault = armed('swapped')
