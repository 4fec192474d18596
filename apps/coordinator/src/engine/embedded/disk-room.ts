import type { Clock, Instant } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'

/** How long an answer of the file system counts. */
const LOOK_EVERY_MS = 1_000
/** What is kept free so that results of accepted work still find room: the smaller of this and a twentieth of the file system. */
const RESERVE_BYTES = 64 * 1024 * 1024
const RESERVE_SHARE = 0.05

/** What a store says of its file and of the file system that holds it. */
export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
  /** The store's own file, which never shrinks: pages that are free in it are room too. */
  readonly fileBytes: number
}

/** How much more the store can take before the disk is full. */
export class DiskRoom {
  readonly #clock: Clock
  readonly #look: () => DiskSpace
  #space: DiskSpace
  #lookAt: Instant

  constructor(clock: Clock, look: () => DiskSpace) {
    this.#clock = clock
    this.#look = look
    this.#space = look()
    this.#lookAt = after(clock.now(), LOOK_EVERY_MS)
  }

  /** Bytes that find room, when `usedBytes` are in use of the store's file. */
  bytes(usedBytes: number): number {
    const now = this.#clock.now()
    if (now >= this.#lookAt) {
      this.#space = this.#look()
      this.#lookAt = after(now, LOOK_EVERY_MS)
    }
    return this.#space.freeBytes + Math.max(0, this.#space.fileBytes - usedBytes)
  }

  /** Below this no new work is taken. Ended batches go before, at twice as much. */
  get reserveBytes(): number {
    return Math.min(RESERVE_BYTES, this.#space.totalBytes * RESERVE_SHARE)
  }
}
