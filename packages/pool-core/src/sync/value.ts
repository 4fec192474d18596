import type { ElementOf, ElementType } from './element-type.ts'
import type { Handle } from './region.ts'
import { SharedElements } from './shared-elements.ts'
import type { ElementsHandle, ElementsOptions } from './shared-elements.ts'

export type ValueHandle = ElementsHandle & Handle<'value'>

/**
 * One number in shared memory. Each reading and each writing of `value` takes the lock; `counter.value += 1` is one of each, and so
 * loses updates: use `update`, or hold `counter.lock`. Source: `multiprocessing.Value`.
 */
export class Value<Type extends ElementType = 'i32'> extends SharedElements<Type> {
  /** @param initial 0 when left out. @throws TypeError for an unknown type. */
  constructor(type: Type, initial?: ElementOf<Type>, options: ElementsOptions & { readonly handle?: ValueHandle | undefined } = {}) {
    const { handle } = options
    super(
      type,
      1,
      handle?.isLocked ?? options.lock !== false,
      handle === undefined ? Value.place(type, 1, options) : Value.at(handle, 'value'),
    )
    if (initial !== undefined) this.elements[0] = initial
  }

  /** The same value, in another thread or process. */
  static attach<Type extends ElementType>(handle: ValueHandle & { readonly type: Type }): Value<Type> {
    return new Value(handle.type, undefined, { handle })
  }

  get handle(): ValueHandle {
    return this.elementsHandle('value')
  }

  get value(): ElementOf<Type> {
    return this.locked(() => this.elements[0] as ElementOf<Type>)
  }

  set value(value: ElementOf<Type>) {
    this.locked(() => {
      this.elements[0] = value
    })
  }

  /** Reads, changes and writes under the lock: nobody comes between. @returns the new value. */
  update(change: (value: ElementOf<Type>) => ElementOf<Type>): ElementOf<Type> {
    return this.locked(() => {
      const value = change(this.elements[0] as ElementOf<Type>)
      this.elements[0] = value
      return this.elements[0] as ElementOf<Type>
    })
  }
}
