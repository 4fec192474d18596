import { keepAlive } from '../memory/keep-alive.ts'

/** Keeps the program alive while somebody needs it to be: a call that is open, or a pool that ends. Workers themselves do not. */
export class Vigil {
  #isWanted = false
  #release: (() => void) | undefined
  #isLeaving = false

  hold(): void {
    this.#isWanted = true
    this.#release ??= keepAlive()
  }

  /** At the end of this turn of the event loop: calls that are made one after the other would start and stop a timer for each. */
  letGo(): void {
    this.#isWanted = false
    if (this.#release === undefined || this.#isLeaving) return
    this.#isLeaving = true
    setImmediate(this.#leave)
  }

  readonly #leave = (): void => {
    this.#isLeaving = false
    if (this.#isWanted) return
    this.#release?.()
    this.#release = undefined
  }
}
