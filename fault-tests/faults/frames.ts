import type { Mischief } from '../world/lane.ts'
import type { Fault } from './fault.ts'

/** Of both directions the one in which work is handed in gets the larger part. */
const UP_SHARE = 0.7

/** The next message of every connection. A protocol that is broken ends the connection, and its batches with it: with one of these codes, the last where the reason did not arrive. */
function armed(mischief: Mischief): Fault {
  return {
    excuses: ['BAD_MESSAGE', 'CONNECTION_LOST', 'BATCH_CANCELLED'],
    inject: ({ world }, { target }) => {
      for (const { up, down } of world.proxy.lines) (target < UP_SHARE ? up : down).arm(mischief)
      return Promise.resolve()
    },
  }
}

/** A message arrives twice. */
export const frameTwice: Fault = armed('twice')

/** Two messages change places. */
export const framesSwapped: Fault = armed('swapped')
