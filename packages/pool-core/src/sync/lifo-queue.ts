import type { QueueHandle, QueueOptions } from './base-queue.ts'
import { Queue } from './queue.ts'

/** Last in, first out; else a `Queue`. Source: `queue.LifoQueue`. */
export class LifoQueue<Item> extends Queue<Item> {
  constructor(options: QueueOptions = {}, handle?: QueueHandle) {
    super(options, { kind: 'lifo-queue', order: 'lifo', handle })
  }

  /** The same queue, in another thread or process. */
  static override attach<Item>(handle: QueueHandle, options: Pick<QueueOptions, 'clock'> = {}): LifoQueue<Item> {
    return new LifoQueue(options, handle)
  }
}
