import { keepAlive } from '../memory/keep-alive.ts'

/** Keeps the program alive while somebody needs it to be: a call that is open, or a pool that ends. Workers themselves do not. */
export class Vigil {
  #letGo: (() => void) | undefined

  hold(): void {
    this.#letGo ??= keepAlive()
  }

  letGo(): void {
    this.#letGo?.()
    this.#letGo = undefined
  }
}
