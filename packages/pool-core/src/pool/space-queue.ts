import type { Cancel, Clock, ForkpoolError } from '../base/index.ts'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Those who wait for a place in a queue with a limit, in order of arrival. A place is kept for who was called, until it is taken or the event
 * loop has turned: so of several who wait for one place the next is not called for it too, and one who does not come holds up nobody.
 */
export class SpaceQueue {
  readonly #clock: Clock
  readonly #free: () => number
  /** In order of arrival. */
  readonly #waiters = new Set<Waiter>()
  /** What ends each place that is kept. */
  readonly #kept = new Set<Cancel>()

  /** @param free places now. */
  constructor(clock: Clock, free: () => number) {
    this.#clock = clock
    this.#free = free
  }

  /** Resolves when there is a place, and keeps it. Rejects with the signal's reason, or with what `rejectAll` is given. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const waiter: Waiter = {
        resolve: () => {
          leave()
          resolve()
        },
        reject: (reason) => {
          leave()
          reject(reason as Error)
        },
      }
      const abort = (): void => waiter.reject(signal?.reason)
      signal?.addEventListener('abort', abort)
      this.#waiters.add(waiter)
      this.freed()
    })
  }

  /** To be called when there may be a place. */
  freed(): void {
    for (const waiter of this.#waiters) {
      if (this.#kept.size >= this.#free()) return
      this.#keep()
      waiter.resolve()
    }
  }

  /** A place was taken: by who was called, or by somebody who did not wait. */
  taken(): void {
    for (const letGo of this.#kept) {
      letGo()
      return
    }
  }

  rejectAll(error: () => ForkpoolError): void {
    for (const waiter of this.#waiters) waiter.reject(error())
  }

  #keep(): void {
    // The timer keeps the program alive for those who wait: nothing else may, now that a place is free.
    const cancel = this.#clock.schedule(this.#clock.now(), () => {
      this.#kept.delete(letGo)
      this.freed()
    })
    const letGo = (): void => {
      cancel()
      this.#kept.delete(letGo)
    }
    this.#kept.add(letGo)
  }
}
