import { lasts } from '../world/wait.ts'
import { between } from './fault.ts'
import type { Fault } from './fault.ts'

/** The disk of the data directory is full for a while. Work that was not accepted is refused; what was, waits. */
export const diskFull: Fault = {
  excuses: ['DISK_FULL', 'ENGINE_FAILED'],
  inject: async ({ world }, { amount }) => {
    world.disk.fill()
    await lasts(between(300, 2_000, amount))
    world.disk.free()
  },
}
