import { ForkpoolError } from '../base/errors.ts'
import { checkOpen } from '../memory/check-open.ts'
import { attachRegion } from './region.ts'
import type { Region } from './region.ts'
import { Semaphore, SEMAPHORE_VALUE_MAX, SEMAPHORE_WORDS } from './semaphore.ts'
import type { SemaphoreHandle, SemaphoreOptions } from './semaphore.ts'
import { checkInteger } from './timeout.ts'

const TAKEN = SEMAPHORE_WORDS

/**
 * A semaphore that is never given back more than was taken from it. Whether it was is decided by a word of its own (permits taken and
 * not given back), so that the check and the change are one compare-exchange. Source: `threading.BoundedSemaphore`.
 */
export class BoundedSemaphore extends Semaphore {
  readonly #taken: number

  constructor(options: SemaphoreOptions = {}, region?: Region) {
    super(options, region)
    this.#taken = this.region.base + TAKEN
  }

  /** The same semaphore, in another thread or process. */
  static override attach(handle: SemaphoreHandle, options: Pick<SemaphoreOptions, 'clock'> = {}): BoundedSemaphore {
    return new BoundedSemaphore(options, attachRegion(handle, 'bounded-semaphore'))
  }

  override get handle(): SemaphoreHandle {
    return { forkpool: 'bounded-semaphore', memory: this.region.memory.handle, offset: this.region.offset }
  }

  /** @throws ForkpoolError UNBALANCED when fewer than `count` are taken; the value does not change then. */
  override release(count: number = 1): void {
    checkOpen(this.region.memory)
    checkInteger('count', count, 1, SEMAPHORE_VALUE_MAX)
    for (;;) {
      const taken = Atomics.load(this.words, this.#taken)
      if (taken < count) throw new ForkpoolError('UNBALANCED', `release: ${count} permits were given back and ${taken} are taken.`)
      if (Atomics.compareExchange(this.words, this.#taken, taken, taken - count) === taken) break
    }
    super.release(count)
  }

  protected override onTaken(): void {
    Atomics.add(this.words, this.#taken, 1)
  }
}
