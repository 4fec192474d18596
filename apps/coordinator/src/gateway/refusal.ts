import { ForkpoolError } from '@forkpool/pool-core/base'
import type { WireError } from '@forkpool/pool-core/protocol'

/** A refusal as it travels: what and why, without the coordinator's own stack. */
export function refusal(error: unknown): WireError {
  if (error instanceof ForkpoolError) return { name: error.name, message: error.message, code: error.code }
  return { name: 'Error', message: error instanceof Error ? error.message : String(error) }
}
