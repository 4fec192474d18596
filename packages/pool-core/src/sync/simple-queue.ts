import { BaseQueue } from './base-queue.ts'
import type { QueueHandle, QueueOptions } from './base-queue.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'

/** First in, first out, with no bound but its memory and nothing to count. Source: `queue.SimpleQueue`, `multiprocessing.SimpleQueue`. */
export class SimpleQueue<Item> extends BaseQueue<Item> {
  constructor(options: Omit<QueueOptions, 'maxSize'> = {}, handle?: QueueHandle) {
    super(options, { kind: 'simple-queue', order: 'fifo', handle })
  }

  /** The same queue, in another thread or process. */
  static attach<Item>(handle: QueueHandle, options: Pick<QueueOptions, 'clock'> = {}): SimpleQueue<Item> {
    return new SimpleQueue(options, handle)
  }

  /** Puts a value, waiting only when the memory is full. Errors as `Queue.put`. */
  put(value: Item, options?: WaitOptions): Promise<void> {
    return this.putAsync(value, 0, options)
  }

  /** The same, blocking this thread. */
  putSync(value: Item, options?: SyncWaitOptions): void {
    this.putBlocking(value, 0, options)
  }
}
