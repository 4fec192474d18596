import { checkOpen } from '../memory/check-open.ts'
import type { ElementArray, ElementOf, ElementType } from './element-type.ts'
import type { Handle } from './region.ts'
import { SharedElements } from './shared-elements.ts'
import type { ElementsHandle, ElementsOptions } from './shared-elements.ts'
import { checkInteger } from './timeout.ts'

export type SharedArrayHandle = ElementsHandle & Handle<'array'>

/** The most elements: what a typed array can hold on every system that Node runs on. */
const LENGTH_MAX = 0x7fff_ffff

/**
 * An array of numbers in shared memory, of fixed length. `get`, `set`, `slice` and `update` take the lock; `raw` is the typed
 * array, for code that holds the lock over many accesses or needs none. Source: `multiprocessing.Array`.
 */
export class SharedArray<Type extends ElementType = 'f64'> extends SharedElements<Type> {
  /** @param source a length (zeroed), or the first elements. @throws RangeError for a bad length, TypeError for an unknown type. */
  constructor(
    type: Type,
    source: number | Iterable<ElementOf<Type>>,
    options: ElementsOptions & { readonly handle?: SharedArrayHandle | undefined } = {},
  ) {
    const { handle } = options
    const initial = typeof source === 'number' ? undefined : [...source]
    const length = initial?.length ?? (source as number)
    checkInteger('length', length, 0, LENGTH_MAX)
    const region = handle === undefined ? SharedArray.place(type, length, options) : SharedArray.at(handle, 'array')
    super(type, length, handle?.isLocked ?? options.lock !== false, region)
    initial?.forEach((element, index) => {
      this.elements[index] = element
    })
  }

  /** The same array, in another thread or process. */
  static attach<Type extends ElementType>(handle: SharedArrayHandle & { readonly type: Type }): SharedArray<Type> {
    return new SharedArray(handle.type, handle.length, { handle })
  }

  get handle(): SharedArrayHandle {
    return this.elementsHandle('array')
  }

  get length(): number {
    checkOpen(this.region.memory)
    return this.elements.length
  }

  /** The typed array itself: no lock is taken. */
  get raw(): ElementArray<ElementOf<Type>> {
    return this.elements
  }

  /** @throws RangeError outside the array. */
  get(index: number): ElementOf<Type> {
    checkInteger('index', index, 0, this.length - 1)
    return this.locked(() => this.elements[index] as ElementOf<Type>)
  }

  /** @throws RangeError outside the array. */
  set(index: number, value: ElementOf<Type>): void {
    checkInteger('index', index, 0, this.length - 1)
    this.locked(() => {
      this.elements[index] = value
    })
  }

  /** A copy of the elements from `begin` up to `end`, all of one moment. */
  slice(begin: number = 0, end: number = this.length): ElementOf<Type>[] {
    return this.locked(() => Array.from(this.elements).slice(begin, end))
  }

  /** Changes the elements under the lock: nobody comes between. */
  update(change: (elements: ElementArray<ElementOf<Type>>) => void): void {
    this.locked(() => change(this.elements))
  }
}
