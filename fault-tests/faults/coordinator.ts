import { lasts } from '../world/wait.ts'
import { between } from './fault.ts'
import type { Fault } from './fault.ts'

/** The coordinator is killed and started again on its data. */
export const coordinatorKill: Fault = {
  excuses: [],
  inject: ({ world }) => world.restart('SIGKILL'),
}

/** The coordinator is asked to end, and started again on its data. What is open then is handed back and goes on in the next life. */
export const coordinatorRestart: Fault = {
  // New work in the last moments is refused, and may be handed in again.
  excuses: ['DRAINING'],
  inject: ({ world }) => world.restart('SIGTERM'),
}

/** The coordinator stands still, up to longer than it takes to give up a silent connection, on either side. */
export const coordinatorStop: Fault = {
  excuses: [],
  inject: async ({ world }, { amount }) => {
    const { coordinator } = world
    coordinator.signal('SIGSTOP')
    await lasts(between(100, 4_000, amount))
    coordinator.signal('SIGCONT')
  },
}

/** Its wall clock jumps by up to twelve hours, back or forth, and stays there. */
export const clockJump: Fault = {
  excuses: [],
  inject: async ({ world }, { amount, target }) => {
    const hours = between(1, 12, amount) * (target < 0.5 ? -1 : 1)
    const { coordinator } = world
    // One that is being restarted has no clock to move.
    if (!coordinator.isOver) await coordinator.jump(hours * 3_600_000).catch(() => undefined)
  },
}
