import type { Instant } from '@forkpool/pool-core/base'
import type { ReadProgress } from './read-progress.ts'

export interface WatchLimits {
  /** A silence after which a client is asked for a sign of life; after a second one it is gone. */
  readonly heartbeatMs: number
  /** A message must be complete by then. */
  readonly messageTimeoutMs: number
}

/** What is to be done about a connection: nothing, ask it, or end it for a reason. */
export type Verdict = 'fine' | 'ask' | 'silent' | 'slow'

/** Looks are this close together; when one comes much later, it was this program that slept. */
export const LOOK_EVERY_MS = 1_000
const LATE_MAX_MS = 5_000

/**
 * Finds connections that hold a place and do nothing for it: those whose other side is gone without a word (power, network), and those that
 * send a message byte by byte (slowloris).
 */
export class ConnectionWatch {
  readonly #limits: WatchLimits
  readonly #progress: ReadProgress
  #lookedAt: Instant
  #heardAt: Instant
  #heardBytes = 0
  #hasAsked = false
  #slowSince: Instant | undefined

  constructor(limits: WatchLimits, progress: ReadProgress, now: Instant) {
    this.#limits = limits
    this.#progress = progress
    this.#lookedAt = now
    this.#heardAt = now
  }

  look(now: Instant): Verdict {
    const { heartbeatMs, messageTimeoutMs } = this.#limits
    const { bytes, isInMessage } = this.#progress
    const wasLate = now - this.#lookedAt > Math.min(LATE_MAX_MS, LOOK_EVERY_MS + heartbeatMs / 2)
    this.#lookedAt = now
    // After a sleep of this program whatever the other side sent may lie unread in the socket.
    if (bytes !== this.#heardBytes || wasLate) {
      this.#heardBytes = bytes
      this.#heardAt = now
      this.#hasAsked = false
    }
    if (!isInMessage || wasLate) this.#slowSince = undefined
    else this.#slowSince ??= now
    if (this.#slowSince !== undefined && now - this.#slowSince >= messageTimeoutMs) return 'slow'
    const silentMs = now - this.#heardAt
    if (silentMs >= 2 * heartbeatMs) return 'silent'
    if (silentMs < heartbeatMs || this.#hasAsked) return 'fine'
    this.#hasAsked = true
    return 'ask'
  }
}
