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
  /** When it was asked for a sign of life that has not come. */
  #askedAt: Instant | undefined
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
      this.#askedAt = undefined
    }
    if (!isInMessage || wasLate) this.#slowSince = undefined
    else this.#slowSince ??= now
    if (this.#slowSince !== undefined && now - this.#slowSince >= messageTimeoutMs) return 'slow'
    // From the question on, not from the last word: where looks are as far apart as heartbeats, the question may come late.
    if (this.#askedAt !== undefined) return now - this.#askedAt >= heartbeatMs ? 'silent' : 'fine'
    if (now - this.#heardAt < heartbeatMs) return 'fine'
    this.#askedAt = now
    return 'ask'
  }
}
