/** How many items a stream may still send: its reader grants them, in the order in which it takes what came before. */
export class StreamRoom {
  #room: number
  #onMore: (() => void) | undefined

  constructor(room: number) {
    this.#room = room
  }

  get isFull(): boolean {
    return this.#room === 0
  }

  /** One item is on its way. */
  take(): void {
    this.#room--
  }

  more(count: number): void {
    this.#room += count
    this.#onMore?.()
  }

  /** Calls `told` once, when there is room again. */
  onMore(told: () => void): void {
    this.#onMore = () => {
      this.#onMore = undefined
      told()
    }
  }
}
