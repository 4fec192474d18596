import type { Clock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { checkOpen } from '../memory/check-open.ts'
import { decodeValue, encodeValue } from '../memory/value-codec.ts'
import { LOCK_WORDS, LockCore } from './lock-core.ts'
import type { QueueOrder } from './queue-order.ts'
import { QUEUE_BLOCK_BYTES, QueueStore, queueStoreWords } from './queue-store.ts'
import type { QueueSize } from './queue-store.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { checkInteger, timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const MAX_SIZE = LOCK_WORDS
const IS_SHUT = MAX_SIZE + 1
/** 1 when a put found a slot but not the bytes: then the next get wakes all who put, for a smaller one may fit. */
const IS_SHORT_OF_BYTES = MAX_SIZE + 2
const NOT_EMPTY = MAX_SIZE + 3
const NOT_FULL = NOT_EMPTY + WAIT_POINT_WORDS
const ALL_DONE = NOT_FULL + WAIT_POINT_WORDS
/** Even, as the store needs it. */
const STORE = (ALL_DONE + WAIT_POINT_WORDS + 1) & ~1

/** Items of a queue that was made without a `maxSize`. Python's have no bound; shared memory has. */
const ITEMS_DEFAULT = 4096
const BYTES_DEFAULT = 1 << 20
const ITEMS_MAX = 1 << 20

/** How to make a queue. */
export interface QueueOptions extends PlaceOptions {
  /** Items at most; 0 or less means as many as its memory holds (4096). Default 0. */
  readonly maxSize?: number | undefined
  /** Bytes for the encoded items, in blocks of 256. Default 1 MiB. A put waits for them as it waits for a place. */
  readonly bytesMax?: number | undefined
  readonly clock?: Clock | undefined
}

/** The kinds of queue, as in their handles. */
export type QueueKind = 'queue' | 'lifo-queue' | 'priority-queue' | 'joinable-queue' | 'simple-queue'

export interface QueueHandle<Kind extends QueueKind = QueueKind> extends Handle<Kind> {
  readonly slots: number
  readonly blocks: number
}

/** A queue, looked at. */
export interface QueueStatistics {
  readonly size: number
  /** Put, and not yet called done. */
  readonly unfinished: number
  readonly waitingToGet: number
  readonly waitingToPut: number
  readonly isShutDown: boolean
}

/** Where a queue is, and of what kind: given by the classes below it. */
export interface QueuePlace {
  readonly kind: QueueKind
  readonly order: QueueOrder
  readonly handle?: QueueHandle | undefined
}

/**
 * What all queues share. Values are encoded before a place is taken and decoded after it is given back, so a value that cannot be
 * encoded costs nobody anything. The guard over the store is robust: a process that is killed inside leaves a queue that works.
 * Source: `queue.Queue`; the shutdown is Python 3.13's.
 */
export abstract class BaseQueue<Item> extends SharedObject {
  readonly #place: QueuePlace
  readonly #size: QueueSize
  readonly #words: Int32Array
  readonly #base: number
  readonly #guard: LockCore
  readonly #store: QueueStore
  readonly #notEmpty: WaitPoint
  readonly #notFull: WaitPoint
  readonly #allDone: WaitPoint

  constructor(options: QueueOptions, place: QueuePlace) {
    const size = place.handle ?? sizeOf(options)
    const region: Region =
      place.handle === undefined ? placeRegion(options, 4 * (STORE + queueStoreWords(size))) : attachRegion(place.handle, place.kind)
    super(region)
    const { memory, base } = region
    this.#place = place
    this.#size = { slots: size.slots, blocks: size.blocks }
    this.#words = memory.words
    this.#base = base
    this.#guard = new LockCore(memory, base, { robust: true })
    this.#store = new QueueStore(memory, base + STORE, size, place.order)
    this.#notEmpty = new WaitPoint(memory, base + NOT_EMPTY, { order: 'fifo', clock: options.clock })
    this.#notFull = new WaitPoint(memory, base + NOT_FULL, { order: 'fifo', clock: options.clock })
    this.#allDone = new WaitPoint(memory, base + ALL_DONE, { order: 'all', clock: options.clock })
    if (place.handle !== undefined) return
    Atomics.store(this.#words, base + MAX_SIZE, options.maxSize ?? 0)
    this.#store.repair()
  }

  get handle(): QueueHandle {
    return { forkpool: this.#place.kind, memory: this.region.memory.handle, offset: this.region.offset, ...this.#size }
  }

  /** Items inside just now. */
  get size(): number {
    checkOpen(this.region.memory)
    return this.#store.length
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  /** Whether `maxSize` is reached, or passed since it was lowered. */
  get isFull(): boolean {
    return this.size >= this.#capacity()
  }

  /** Items at most; 0 or less for no bound but the memory. */
  get maxSize(): number {
    return Atomics.load(this.#words, this.#base + MAX_SIZE)
  }

  /** Lowering it below `size` keeps the items. @throws RangeError above what the memory was made for. */
  set maxSize(maxSize: number) {
    checkInteger('maxSize', maxSize, -0x8000_0000, this.#size.slots)
    Atomics.store(this.#words, this.#base + MAX_SIZE, maxSize)
    this.#notFull.wake(Infinity)
  }

  /** Lets nothing more in; what is inside can still be got, unless `immediate` drops it, as done. All who wait are told. May be called again. */
  shutdown(options: { readonly immediate?: boolean | undefined } = {}): void {
    this.#locked(() => {
      Atomics.store(this.#words, this.#base + IS_SHUT, 1)
      if (options.immediate === true) this.#store.drain()
    })
    for (const point of [this.#notEmpty, this.#notFull, this.#allDone]) point.wake(Infinity)
  }

  statistics(): QueueStatistics {
    return {
      size: this.size,
      unfinished: this.#store.unfinished,
      waitingToGet: this.#notEmpty.waiters,
      waitingToPut: this.#notFull.waiters,
      isShutDown: this.#isShut(),
    }
  }

  /** @throws ForkpoolError NOT_SERIALISABLE, LIMIT_EXCEEDED (more bytes than the queue has), QUEUE_SHUT_DOWN. @returns false when full. */
  protected putNow(item: Item, priority: number): boolean {
    return this.#putter(item, priority)()
  }

  protected async putAsync(item: Item, priority: number, options: WaitOptions | undefined): Promise<void> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    const attempt = this.#putter(item, priority)
    if (!this.#notFull.isStarving && attempt()) return
    if (!(await this.#notFull.block(attempt, timeoutMs, options?.signal))) throw new ForkpoolError('QUEUE_FULL')
  }

  protected putBlocking(item: Item, priority: number, options: SyncWaitOptions | undefined): void {
    const timeoutMs = timeoutOf(options)
    const attempt = this.#putter(item, priority)
    if (!this.#notFull.isStarving && attempt()) return
    if (!this.#notFull.blockSync(attempt, timeoutMs)) throw new ForkpoolError('QUEUE_FULL')
  }

  /** The next item, if there is one. It is wrapped, because `undefined` can be an item. @throws ForkpoolError QUEUE_SHUT_DOWN when empty for good. */
  tryGet(): { readonly value: Item } | undefined {
    const bytes = this.#take()
    return bytes === undefined ? undefined : { value: decodeValue(bytes) as Item }
  }

  /**
   * Waits for the next item. @throws ForkpoolError QUEUE_EMPTY when the time is over, QUEUE_SHUT_DOWN when empty for good. Rejects with
   * `signal.reason`; then no item was taken.
   */
  async get(options?: WaitOptions): Promise<Item> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    const getter = this.#getter()
    if (this.#notEmpty.isStarving || !getter.attempt()) {
      if (!(await this.#notEmpty.block(getter.attempt, timeoutMs, options?.signal))) throw new ForkpoolError('QUEUE_EMPTY')
    }
    return getter.item()
  }

  /** The same, blocking this thread. */
  getSync(options?: SyncWaitOptions): Item {
    const timeoutMs = timeoutOf(options)
    const getter = this.#getter()
    if (this.#notEmpty.isStarving || !getter.attempt()) {
      if (!this.#notEmpty.blockSync(getter.attempt, timeoutMs)) throw new ForkpoolError('QUEUE_EMPTY')
    }
    return getter.item()
  }

  /** Says that one item that was got is dealt with. @throws ForkpoolError UNBALANCED when all were. */
  protected markDone(): void {
    const [wasOpen, left] = this.#locked(() => [this.#store.done(), this.#store.unfinished])
    if (!wasOpen) throw new ForkpoolError('UNBALANCED', 'taskDone: called more often than items were put.')
    if (left === 0) this.#allDone.wake(Infinity)
  }

  protected async joinAsync(options: WaitOptions | undefined): Promise<boolean> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    const attempt = (): boolean => this.#store.unfinished === 0
    return attempt() || this.#allDone.block(attempt, timeoutMs, options?.signal)
  }

  protected joinBlocking(options: SyncWaitOptions | undefined): boolean {
    const timeoutMs = timeoutOf(options)
    const attempt = (): boolean => this.#store.unfinished === 0
    return attempt() || this.#allDone.blockSync(attempt, timeoutMs)
  }

  /** All items, as they come, until the queue is shut down and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      try {
        yield await this.get()
      } catch (error) {
        if (error instanceof ForkpoolError && error.code === 'QUEUE_SHUT_DOWN') return
        throw error
      }
    }
  }

  #putter(item: Item, priority: number): () => boolean {
    const bytes = encodeValue(item)
    const bytesMax = this.#size.blocks * QUEUE_BLOCK_BYTES
    if (bytes.length > bytesMax)
      throw new ForkpoolError('LIMIT_EXCEEDED', `put: the value takes ${bytes.length} bytes and the queue has ${bytesMax} (bytesMax).`)
    return () => this.#put(bytes, priority)
  }

  #put(bytes: Uint8Array, priority: number): boolean {
    checkOpen(this.region.memory)
    // A look from outside first: whoever waits for a place looks often, and the guard is wanted by those who make one.
    if (this.isFull && !this.#isShut()) return false
    const isPut = this.#locked(() => {
      if (this.#isShut()) throw new ForkpoolError('QUEUE_SHUT_DOWN', 'put: the queue was shut down.')
      if (this.size >= this.#capacity()) return false
      if (!this.#store.hasRoom(bytes.length)) {
        Atomics.store(this.#words, this.#base + IS_SHORT_OF_BYTES, 1)
        return false
      }
      this.#store.put(bytes, priority)
      return true
    })
    if (isPut) this.#notEmpty.wake(1)
    return isPut
  }

  #getter(): { readonly attempt: () => boolean; readonly item: () => Item } {
    let bytes: Uint8Array | undefined
    return {
      attempt: () => (bytes = this.#take()) !== undefined,
      item: () => decodeValue(bytes as Uint8Array) as Item,
    }
  }

  #take(): Uint8Array | undefined {
    checkOpen(this.region.memory)
    if (this.isEmpty && !this.#isShut()) return undefined
    const bytes = this.#locked(() => {
      if (this.size > 0) return this.#store.take()
      if (this.#isShut()) throw new ForkpoolError('QUEUE_SHUT_DOWN', 'get: the queue was shut down and is empty.')
      return undefined
    })
    if (bytes === undefined) return undefined
    const wasShort = Atomics.exchange(this.#words, this.#base + IS_SHORT_OF_BYTES, 0) === 1
    this.#notFull.wake(wasShort ? Infinity : 1)
    return bytes
  }

  #isShut(): boolean {
    return Atomics.load(this.#words, this.#base + IS_SHUT) === 1
  }

  #capacity(): number {
    const { maxSize } = this
    return maxSize > 0 ? maxSize : this.#size.slots
  }

  /** Runs a change of the store alone. It is a few microseconds, so async callers block for it too. */
  #locked<Result>(change: () => Result): Result {
    this.#guard.takeSync(Infinity)
    try {
      if (this.#guard.isInconsistent) {
        this.#store.repair()
        this.#guard.makeConsistent()
      }
      return change()
    } finally {
      this.#guard.free()
    }
  }
}

/** @throws RangeError for sizes that no memory has. */
function sizeOf(options: QueueOptions): QueueSize {
  const { maxSize = 0, bytesMax = BYTES_DEFAULT } = options
  checkInteger('maxSize', maxSize, -0x8000_0000, ITEMS_MAX)
  checkInteger('bytesMax', bytesMax, QUEUE_BLOCK_BYTES, 0x4000_0000)
  return { slots: maxSize > 0 ? maxSize : ITEMS_DEFAULT, blocks: Math.ceil(bytesMax / QUEUE_BLOCK_BYTES) }
}
