/** Lets those that ask for the same key go one after the other, in the order in which they asked. */
export class Turns {
  /** The end of the last that asked, by key. A key is here while somebody has his turn or waits for it. */
  readonly #last = new Map<string, Promise<void>>()

  /** Keys in use. */
  get size(): number {
    return this.#last.size
  }

  /** Runs `work`, which never rejects, when all before it have ended. */
  async take(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(key)
    const mine = before === undefined ? work() : before.then(work)
    this.#last.set(key, mine)
    await mine
    if (this.#last.get(key) === mine) this.#last.delete(key)
  }
}
