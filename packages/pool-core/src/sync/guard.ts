/** Something that is held and can be given back once. */
export interface Releasable {
  release(): void
}

/**
 * Holds a lock, or a permit of a semaphore, until the end of its block: `using held = lock.acquireSync()`, `await using held = await
 * lock.acquire()`. Releasing early is fine; the end of the block then does nothing.
 */
export class Guard {
  /** The last owner of a robust lock died while it held it: what the lock protects may be half changed. */
  readonly ownerDied: boolean
  #held: Releasable | undefined

  constructor(held: Releasable, ownerDied: boolean = false) {
    this.#held = held
    this.ownerDied = ownerDied
  }

  /** Gives back what is held; nothing the second time. */
  release(): void {
    const held = this.#held
    this.#held = undefined
    held?.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
  }
}
