/**
 * Buffers that travel beside a block, where both ends are threads of one process: shared memory, which stays shared, and buffers that are moved. In
 * the block's bytes stands their number. Nothing of it is part of the protocol between machines.
 */
export class Attachments {
  readonly #list: ArrayBufferLike[] = []
  readonly #numbers = new Map<ArrayBufferLike, number>()
  readonly #movable = new Set<ArrayBufferLike>()

  /** What stands beside the block; undefined where that is nothing. */
  get list(): readonly ArrayBufferLike[] | undefined {
    return this.#list.length === 0 ? undefined : this.#list
  }

  /** These buffers shall be moved, where the block has them in it. @throws DataCloneError or TypeError for one that cannot be moved. */
  allow(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) this.#movable.add(buffer)
  }

  /** The number of a buffer that travels beside the block; undefined for one that is copied into it. */
  numberOf(buffer: ArrayBufferLike): number | undefined {
    if (!(buffer instanceof SharedArrayBuffer) && !this.#movable.has(buffer)) return undefined
    const known = this.#numbers.get(buffer)
    if (known !== undefined) return known
    this.#list.push(buffer)
    this.#numbers.set(buffer, this.#list.length - 1)
    return this.#list.length - 1
  }

  /**
   * Takes the buffers that may be moved from their owner, those of no block too: they are detached. To be called when the values that they are in
   * have been encoded.
   */
  detach(): void {
    for (const buffer of this.#movable) {
      const own = structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
      const number = this.#numbers.get(buffer)
      if (number !== undefined) this.#list[number] = own
    }
    this.#movable.clear()
  }
}

/** Of the buffers beside a block, those that are moved: the others are shared. */
export function movedOf(attachments: readonly unknown[]): ArrayBuffer[] {
  return attachments.filter((buffer) => buffer instanceof ArrayBuffer)
}
