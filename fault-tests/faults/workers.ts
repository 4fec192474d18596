import { signalTo } from '../world/processes.ts'
import { lasts } from '../world/wait.ts'
import { between } from './fault.ts'
import type { Fault } from './fault.ts'

/** A worker is killed. */
export const workerKill: Fault = {
  excuses: [],
  inject: ({ world }, { target }) => {
    const pid = world.worker(target)
    if (pid !== undefined) signalTo(pid, 'SIGKILL')
    return Promise.resolve()
  },
}

/** All workers are killed at once. */
export const workersKill: Fault = {
  excuses: [],
  inject: ({ world }) => {
    for (const pid of world.coordinator.workerPids) signalTo(pid, 'SIGKILL')
    return Promise.resolve()
  },
}

/** A worker stands still for a while, and goes on as if nothing had been. */
export const workerStop: Fault = {
  excuses: [],
  inject: async ({ world }, { amount, target }) => {
    const pid = world.worker(target)
    if (pid === undefined) return
    signalTo(pid, 'SIGSTOP')
    await lasts(between(100, 2_500, amount))
    signalTo(pid, 'SIGCONT')
  },
}

/** A worker sends an answer three times: at once, soon, and when its shard, or the whole batch, is long over. */
export const answerTwice: Fault = {
  excuses: [],
  inject: ({ world }, { target }) => {
    const pid = world.worker(target)
    if (pid !== undefined) signalTo(pid, 'SIGUSR2')
    return Promise.resolve()
  },
}
