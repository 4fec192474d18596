import { ForkpoolError } from '../../base/errors.ts'
import { ITEM_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.ts'

/** Where in a map an entry's key or value is: the `index`th entry in order of insertion. */
export function entryKey(index: number): number {
  return -1 - 2 * index
}
export function entryValue(index: number): number {
  return -2 - 2 * index
}

/**
 * The way from an item down to the value being encoded. Costs a store per element, and gives an error the name of the guilty value:
 * `items[3].callback`. Bounds the depth, and so finds cycles.
 */
export class ValueTrail {
  /** Name of the whole: `items`, `result`. */
  readonly #root: string
  readonly #keys: (string | number | undefined)[] = []
  readonly #above: unknown[] = []
  #depth = 0
  #characters = 0

  constructor(root: string) {
    this.#root = root
  }

  /** Begins again at the root, for the next item. */
  reset(): void {
    this.#characters = 0
    if (this.#depth === 0) return
    this.#depth = 0
    this.#above.length = 0
    this.#keys.length = 0
  }

  /** Goes down into a container. */
  enter(container: object): void {
    if (this.#depth === VALUE_DEPTH_MAX) this.#refuseDepth(container)
    this.#above[this.#depth++] = container
  }

  /** The element of the innermost container that is being encoded: its index, its key, or an `entryKey` or `entryValue`. */
  at(key: string | number): void {
    this.#keys[this.#depth] = key
  }

  /**
   * Adds to what the item's text will have at least: two characters an element, and its strings. A sparse array of four billion holes must
   * end as an error, not as a tree; and so must a string that no frame could hold.
   */
  weigh(characters: number): void {
    this.#characters += characters
    if (this.#characters > ITEM_BYTES_MAX) throw new ForkpoolError('LIMIT_EXCEEDED', `larger than ${ITEM_BYTES_MAX} bytes`)
  }

  leave(): void {
    this.#keys[this.#depth] = undefined
    this.#above[--this.#depth] = undefined
  }

  /** `items[3].list[0].name` */
  get path(): string {
    let path = this.#root
    for (let i = 0; i <= this.#depth; i++) {
      const key = this.#keys[i]
      if (key !== undefined) path += step(key)
    }
    return path
  }

  /** The item as a whole: `items[3]`. */
  get #item(): string {
    const [key] = this.#keys
    return key === undefined ? this.#root : this.#root + step(key)
  }

  /** Throws for the value here: `items[3].callback is a function, which cannot be sent to or from a worker`. */
  refuse(what: string): never {
    throw new ForkpoolError('NOT_SERIALISABLE', `${this.path} is ${what}, which cannot be sent to or from a worker`)
  }

  /** What an error thrown while a value was read becomes: with the place, and the code `NOT_SERIALISABLE`. */
  explain(error: unknown): ForkpoolError {
    if (error instanceof ForkpoolError && error.code === 'NOT_SERIALISABLE') return error
    if (error instanceof ForkpoolError && error.code === 'LIMIT_EXCEEDED')
      return new ForkpoolError('NOT_SERIALISABLE', `${this.#item} is ${error.message}`)
    return new ForkpoolError('NOT_SERIALISABLE', `${this.path} threw while it was read`, { cause: error })
  }

  #refuseDepth(container: object): never {
    const chain = [...this.#above, container]
    const repeated = chain.findIndex((object, i) => chain.indexOf(object) < i)
    if (repeated === -1) throw new ForkpoolError('NOT_SERIALISABLE', `${this.#item} is nested deeper than ${VALUE_DEPTH_MAX} levels`)
    this.#depth = repeated
    this.refuse('a reference to an object that contains it')
  }
}

function step(key: string | number): string {
  if (typeof key === 'string') {
    const shown = key.length > 100 ? `${key.slice(0, 100)}…` : key
    return /^[\p{L}_$][\p{L}\p{N}_$…]*$/u.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`
  }
  if (key >= 0) return `[${key}]`
  const entry = (-1 - key) >> 1
  return (-1 - key) % 2 === 0 ? `<key ${entry}>` : `<value ${entry}>`
}
