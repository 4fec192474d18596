import { ForkpoolError } from '../base/errors.ts'
import { checkOpen } from '../memory/check-open.ts'
import { elementBytes, elementsAt } from './element-type.ts'
import type { ElementArray, ElementOf, ElementType } from './element-type.ts'
import { LOCK_WORDS } from './lock-core.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { RLock } from './rlock.ts'

/** Where the elements begin: after the lock. */
const DATA_OFFSET = 4 * LOCK_WORDS

/** How to make shared elements. */
export interface ElementsOptions extends PlaceOptions {
  /** Whether an RLock comes with them, which every single reading and writing takes. Default true. */
  readonly lock?: boolean | undefined
}

export interface ElementsHandle extends Handle<'value' | 'array'> {
  readonly type: ElementType
  readonly length: number
  readonly isLocked: boolean
}

/** What `Value` and `SharedArray` share: an RLock, and elements behind it. */
export abstract class SharedElements<Type extends ElementType> extends SharedObject {
  readonly type: Type
  protected readonly elements: ElementArray<ElementOf<Type>>
  readonly #lock: RLock | undefined

  constructor(type: Type, length: number, isLocked: boolean, region: Region) {
    super(region)
    this.type = type
    this.elements = elementsAt(type, region.memory.bytes, region.offset + DATA_OFFSET, length)
    this.#lock = isLocked ? new RLock({}, { ...region, isOwn: false }) : undefined
  }

  /** Room for new elements, zeroed. */
  protected static place(type: ElementType, length: number, options: ElementsOptions): Region {
    return placeRegion(options, DATA_OFFSET + Math.max(8, length * elementBytes(type)))
  }

  protected static at(handle: ElementsHandle, kind: 'value' | 'array'): Region {
    return attachRegion(handle, kind)
  }

  protected elementsHandle<Kind extends 'value' | 'array'>(kind: Kind): ElementsHandle & Handle<Kind> {
    const { memory, offset } = this.region
    return {
      forkpool: kind,
      memory: memory.handle,
      offset,
      type: this.type,
      length: this.elements.length,
      isLocked: this.#lock !== undefined,
    }
  }

  /** The lock: hold it over a reading and a writing that belong together. @throws ForkpoolError NOT_SUPPORTED when made with `lock: false`. */
  get lock(): RLock {
    if (this.#lock === undefined) throw new ForkpoolError('NOT_SUPPORTED', 'lock: made with lock: false, so there is none.')
    return this.#lock
  }

  /** Runs `body` with the lock held, if there is one. */
  protected locked<Result>(body: () => Result): Result {
    checkOpen(this.region.memory)
    if (this.#lock === undefined) return body()
    const held = this.#lock.acquireSync()
    try {
      return body()
    } finally {
      held.release()
    }
  }
}
