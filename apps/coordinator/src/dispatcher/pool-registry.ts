import { ForkpoolError } from '@forkpool/pool-core/base'
import { LimitError } from '../config/limits.ts'
import type { PoolLabel } from '../dispatch-observer.ts'

/** A pool name is a metrics label and a path segment: letters, digits and a few marks. */
const POOL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const SIZE_NAME = /^size-(\d+)$/

/** Which pools exist and how large they are. */
export class PoolRegistry {
  /** What each pool is now, by name. */
  readonly #pools = new Map<string, PoolLabel>()
  /** One label for each name and size that ever were, so that observers can know a pool by its label. */
  readonly #labels = new Map<string, PoolLabel>()
  readonly #limits: { readonly poolsMax: number; readonly sizeMax: number; readonly defaultSize: number }

  constructor(limits: { readonly poolsMax: number; readonly sizeMax: number; readonly defaultSize: number }) {
    this.#limits = limits
  }

  /**
   * The pool that a request means, made or resized if need be; `changed` tells whether the scheduler has to hear of it.
   * @throws ForkpoolError BAD_ARGUMENT for a size or name that cannot be, LIMIT_EXCEEDED when there are too many pools.
   */
  resolve(name: string | undefined, size: number | undefined): { readonly pool: PoolLabel; readonly changed: boolean } {
    const { poolsMax, sizeMax, defaultSize } = this.#limits
    if (size !== undefined && (!Number.isInteger(size) || size < 1 || size > sizeMax))
      throw new ForkpoolError('BAD_ARGUMENT', `pool size: expected a whole number from 1 to ${sizeMax} (--max-workers), got ${size}`)
    if (name !== undefined && !POOL_NAME.test(name))
      throw new ForkpoolError(
        'BAD_ARGUMENT',
        `pool name: expected 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit, got "${name.slice(0, 80)}"`,
      )
    const sizeInName = name === undefined ? undefined : Number(SIZE_NAME.exec(name)?.[1] ?? Number.NaN)
    if (sizeInName !== undefined && !Number.isNaN(sizeInName) && size !== undefined && sizeInName !== size)
      throw new ForkpoolError('BAD_ARGUMENT', `pool "${name}" is the pool of size ${sizeInName}; it cannot have size ${size}`)
    const key = name ?? (size === undefined ? 'default' : `size-${size}`)
    const known = this.#pools.get(key)
    const sizeOfName = sizeInName !== undefined && sizeInName >= 1 && sizeInName <= sizeMax ? sizeInName : undefined
    const wanted = size ?? known?.size ?? sizeOfName ?? defaultSize
    if (known?.size === wanted) return { pool: known, changed: false }
    if (known === undefined && this.#pools.size >= poolsMax) throw new LimitError('poolsMax', `there are ${poolsMax} pools already`)
    const pool = this.#labelOf(key, wanted)
    this.#pools.set(key, pool)
    return { pool, changed: true }
  }

  /** The same, and the default pool where the settings have no room for that one any more. @throws ForkpoolError LIMIT_EXCEEDED. */
  resolveOrDefault(name: string, size: number): { readonly pool: PoolLabel; readonly changed: boolean } {
    try {
      return this.resolve(name, size)
    } catch {
      return this.resolve(undefined, undefined)
    }
  }

  #labelOf(name: string, size: number): PoolLabel {
    const key = `${name} ${size}`
    const known = this.#labels.get(key)
    if (known !== undefined) return known
    const label: PoolLabel = { name, size }
    this.#labels.set(key, label)
    return label
  }
}
