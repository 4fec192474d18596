import { lasts } from '../world/wait.ts'
import { between } from './fault.ts'
import type { Fault } from './fault.ts'

/** The connection breaks on both sides. */
export const connectionDrop: Fault = {
  excuses: [],
  inject: ({ world }) => {
    world.proxy.drop()
    return Promise.resolve()
  },
}

/** The connection breaks for the client, which comes back by another; the coordinator takes the old one for good until much later. */
export const connectionHalfOpen: Fault = {
  excuses: [],
  inject: async ({ world }, { amount }) => {
    world.proxy.halfDrop()
    await lasts(between(200, 2_500, amount))
    world.proxy.forget()
  },
}

/** What one side says does not arrive any more, or neither's, for a while that is longer than the patience of either; then it all does. */
export const connectionOneWay: Fault = {
  excuses: [],
  inject: async ({ world }, { amount, target }) => {
    const lanes = [...world.proxy.lines].flatMap(({ up, down }) => (target < 0.4 ? [up] : target < 0.8 ? [down] : [up, down]))
    for (const lane of lanes) lane.hold()
    await lasts(between(300, 3_000, amount))
    for (const lane of lanes) lane.release()
  },
}

/** The connection becomes slow in both directions. */
export const connectionSlow: Fault = {
  excuses: [],
  inject: async ({ world }, { amount }) => {
    const lines = [...world.proxy.lines]
    for (const { up, down } of lines) for (const lane of [up, down]) lane.slowDown(between(20_000, 200_000, amount))
    await lasts(1_500)
    for (const { up, down } of lines) for (const lane of [up, down]) lane.slowDown(undefined)
  },
}
