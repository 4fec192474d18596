import type { Clock, Instant } from '@forkpool/pool-core/base'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import type { DiskRoom } from './disk-room.ts'

/** So long new work is refused after a commit failed, before the next is let try. */
const RETRY_AFTER_MS = 1_000

type Refusal = 'DISK_FULL' | 'ENGINE_FAILED'

/** What batches take, by the engine's account. */
export interface Usage {
  readonly openBytes: number
  readonly endedBytes: number
}

/**
 * Whether new work is taken. It is refused before the disk is full, so that what was accepted can end, and for a while after a commit
 * failed; then the next batch tries the disk again.
 */
export class WorkGate {
  readonly #clock: Clock
  readonly #room: DiskRoom
  readonly #bytesMax: number
  #failure: { readonly error: ForkpoolError; readonly until: Instant } | undefined

  /** @param bytesMax bytes that open batches may take. */
  constructor(clock: Clock, room: DiskRoom, bytesMax: number) {
    this.#clock = clock
    this.#room = room
    this.#bytesMax = bytesMax
  }

  /** Why work of `bytes` is refused; undefined: it is taken. */
  refusal(usage: Usage, bytes: number): ForkpoolError | undefined {
    if (this.#failure !== undefined && this.#clock.now() < this.#failure.until) return this.#failure.error
    const { openBytes, endedBytes } = usage
    if (openBytes + bytes > this.#bytesMax)
      return new ForkpoolError(
        'DISK_FULL',
        `open batches take ${openBytes} bytes, and ${bytes} more are too many: --data-bytes-max is ${this.#bytesMax}`,
      )
    if (this.#room.bytes(openBytes + endedBytes) - bytes < this.#room.reserveBytes)
      return new ForkpoolError('DISK_FULL', 'the disk of the data directory is nearly full: no new work is taken')
    return undefined
  }

  /** The code with which new work would be refused now. */
  refusing(usage: Usage): Refusal | undefined {
    return this.refusal(usage, 0)?.code as Refusal | undefined
  }

  /** How a commit went. */
  committed(error?: ForkpoolError): void {
    this.#failure = error === undefined ? undefined : { error, until: after(this.#clock.now(), RETRY_AFTER_MS) }
  }
}
