import { ForkpoolError } from '../base/index.ts'

/**
 * Buffers that travel beside a block, where both ends are threads of one process: shared memory, which stays shared, and buffers that are moved. In
 * the block's bytes stands their number. Nothing of it is part of the protocol between machines.
 */
export class Attachments {
  /** Made when there is something for them: most calls have nothing. */
  #list: ArrayBufferLike[] | undefined
  #numbers: Map<ArrayBufferLike, number> | undefined
  #movable: Set<ArrayBufferLike> | undefined

  /** What stands beside the block; undefined where that is nothing. */
  get list(): readonly ArrayBufferLike[] | undefined {
    return this.#list
  }

  /** These buffers shall be moved, where the block has them in it. */
  allow(buffers: readonly ArrayBuffer[]): void {
    this.#movable = new Set([...(this.#movable ?? []), ...buffers])
  }

  /** The number of a buffer that travels beside the block; undefined for one that is copied into it. */
  numberOf(buffer: ArrayBufferLike): number | undefined {
    if (!(buffer instanceof SharedArrayBuffer) && this.#movable?.has(buffer) !== true) return undefined
    const numbers = (this.#numbers ??= new Map<ArrayBufferLike, number>())
    const known = numbers.get(buffer)
    if (known !== undefined) return known
    const list = (this.#list ??= [])
    numbers.set(buffer, list.length)
    return list.push(buffer) - 1
  }

  /**
   * Takes the buffers that may be moved from their owner, those of no block too: they are detached. To be called when the values that they are in
   * have been encoded.
   */
  detach(): void {
    for (const buffer of this.#movable ?? []) {
      const own = takeOver(buffer as ArrayBuffer)
      const number = this.#numbers?.get(buffer)
      if (number !== undefined && this.#list !== undefined) this.#list[number] = own
    }
    this.#movable = undefined
  }
}

/** The buffer's memory as a buffer of one's own; the other is detached. */
export function takeOver(buffer: ArrayBuffer): ArrayBuffer {
  return structuredClone(buffer, { transfer: [buffer] })
}

/** @throws ForkpoolError BAD_ARGUMENT that names the first buffer which cannot be moved. */
export function checkMovable(buffers: readonly unknown[], name: string): asserts buffers is readonly ArrayBuffer[] {
  for (const [i, buffer] of buffers.entries()) {
    const why = whyNotMovable(buffer)
    if (why !== undefined) throw new ForkpoolError('BAD_ARGUMENT', `${name}: expected buffers that can be moved, but number ${i} is ${why}`)
  }
}

function whyNotMovable(buffer: unknown): string | undefined {
  if (buffer instanceof SharedArrayBuffer) return 'shared memory, which stays where it is: leave it out'
  if (ArrayBuffer.isView(buffer)) return `a ${buffer.constructor.name}: name its buffer`
  if (!(buffer instanceof ArrayBuffer)) return `no ArrayBuffer but ${buffer === null ? 'null' : `a value of type ${typeof buffer}`}`
  return buffer.detached ? 'detached: it was moved already' : undefined
}

/** Of the buffers beside a block, those that are moved: the others are shared. */
export function movedOf(attachments: readonly unknown[]): ArrayBuffer[] {
  return attachments.filter((buffer) => buffer instanceof ArrayBuffer)
}
