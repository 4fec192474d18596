import { BaseQueue } from './base-queue.ts'
import type { QueueHandle, QueueOptions, QueuePlace } from './base-queue.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'

/**
 * First in, first out, for any number of threads or processes that put and get. Values are copied by structured clone.
 * `taskDone` and `join` count what was put and dealt with. Source: `queue.Queue`, `multiprocessing.Queue`. Unlike the latter it has no
 * feeder thread: an item is in the queue when `put` is done, and an error of encoding is the error of `put`.
 */
export class Queue<Item> extends BaseQueue<Item> {
  constructor(options: QueueOptions = {}, place: QueuePlace = { kind: 'queue', order: 'fifo' }) {
    super(options, place)
  }

  /** The same queue, in another thread or process. */
  static attach<Item>(handle: QueueHandle, options: Pick<QueueOptions, 'clock'> = {}): Queue<Item> {
    return new Queue(options, { kind: 'queue', order: 'fifo', handle })
  }

  /** Puts a value if that needs no waiting. @returns whether it did. Errors as `put`. */
  tryPut(value: Item): boolean {
    return this.putNow(value, 0)
  }

  /**
   * Puts a value, waiting for a place. @throws ForkpoolError QUEUE_FULL when the time is over, QUEUE_SHUT_DOWN, NOT_SERIALISABLE,
   * LIMIT_EXCEEDED (it is larger than the whole queue). Rejects with `signal.reason`. After any error nothing was put.
   */
  put(value: Item, options?: WaitOptions): Promise<void> {
    return this.putAsync(value, 0, options)
  }

  /** The same, blocking this thread. */
  putSync(value: Item, options?: SyncWaitOptions): void {
    this.putBlocking(value, 0, options)
  }

  /** Says that one item that was got is dealt with. @throws ForkpoolError UNBALANCED when all were. */
  taskDone(): void {
    this.markDone()
  }

  /** Waits until every item that was put is dealt with. @returns false when the time is over. Rejects with `signal.reason`. */
  join(options?: WaitOptions): Promise<boolean> {
    return this.joinAsync(options)
  }

  /** The same, blocking this thread. */
  joinSync(options?: SyncWaitOptions): boolean {
    return this.joinBlocking(options)
  }
}
