import { ForkpoolError } from '../base/errors.ts'

/**
 * What was read is not what the protocol expects. Thrown where it is seen; each level above adds its part of the path, and the
 * frame's decoder makes a `ForkpoolError` of it.
 */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly #expected: string
  readonly #found: string
  #path = ''

  constructor(expected: string, found: string) {
    super()
    this.#expected = expected
    this.#found = found
  }

  /** Puts a field's name, an element's index or the `<name>` of a type before the path. */
  inside(part: string | number): this {
    const text = typeof part === 'number' ? `[${part}]` : part
    this.#path = /^(?:$|[[<])/.test(this.#path) ? text + this.#path : `${text}.${this.#path}`
    return this
  }

  /** `submit.batch: expected an integer from 1 to 10, got -1` */
  toBadMessage(root: string): ForkpoolError {
    this.inside(root)
    return new ForkpoolError('BAD_MESSAGE', `${this.#path}: expected ${this.#expected}, got ${this.#found}`)
  }
}

/** Adds a part of the path to a mismatch, and lets any other error be. */
export function located(error: unknown, part: string | number): unknown {
  return error instanceof Mismatch ? error.inside(part) : error
}

/** A value in a few words, for an error: never long, never an error itself. */
export function preview(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}… (${value.length} characters)` : JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return value >= -(10n ** 40n) && value <= 10n ** 40n ? `${value}n` : 'a large bigint'
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'an array' : value instanceof Uint8Array ? 'bytes' : 'an object'
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
  }
}
