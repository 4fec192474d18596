import { ForkpoolError } from '@forkpool/pool-core/base'
import type { COORDINATOR_OPTIONS } from './coordinator-options.ts'
import { flagName } from './flag-name.ts'

/** Settings that refuse somebody something. Each is a value of the label `reason` of `forkpool_refused_total`. */
export const LIMITS = [
  'connectionsMax',
  'connectionsPerAddressMax',
  'handshakeTimeoutMs',
  'heartbeatMs',
  'messageTimeoutMs',
  'frameBytesMax',
  'framesPerSecondMax',
  'fragmentsMax',
  'jsonDepthMax',
  'headerBytesMax',
  'requestTimeoutMs',
  'bodyBytesMax',
  'batchesOpenMax',
  'batchesOpenTotalMax',
  'batchItemsMax',
  'itemBytesMax',
  'heldBytesMax',
  'nameLengthMax',
  'poolsMax',
] as const satisfies readonly (keyof typeof COORDINATOR_OPTIONS)[]

export type LimitName = (typeof LIMITS)[number]

/** A limit was reached. The message names the flag that moves it. */
export class LimitError extends ForkpoolError {
  readonly limit: LimitName

  constructor(limit: LimitName, message: string) {
    super('LIMIT_EXCEEDED', `${message} (--${flagName(limit)})`)
    this.limit = limit
  }
}

/** `framesPerSecondMax` → `frames_per_second_max`: labels are written as in Prometheus. */
export function limitLabel(limit: LimitName): string {
  return flagName(limit).replaceAll('-', '_')
}
