import { ForkpoolError } from '../base/index.ts'
import type { BatchSettled } from '../scheduler/index.ts'

/** Why the scheduler gave the batch up; undefined where it did not. */
export function whyGivenUp({ reason, exit }: BatchSettled): ForkpoolError | undefined {
  switch (reason) {
    case undefined:
      return undefined
    case 'deadline':
      return new ForkpoolError('TIMED_OUT', 'the time of the whole call is over')
    case 'no-workers': {
      const how = exit?.signal ?? `exit code ${exit?.exitCode ?? 'unknown'}`
      const why = exit?.reason === undefined ? '' : `: ${exit.reason}`
      const words = exit?.stderr === undefined ? '' : `; the last one wrote: ${exit.stderr.slice(-500)}`
      return new ForkpoolError('WORKER_LOST', `no worker is left, and new ones end before they are ready (${how}${why})${words}`)
    }
  }
}
