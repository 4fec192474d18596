import type { QueueHandle, QueueOptions } from './base-queue.ts'
import { Queue } from './queue.ts'

/** A `Queue` under the name that `multiprocessing` has for one with `taskDone` and `join`. Source: `multiprocessing.JoinableQueue`. */
export class JoinableQueue<Item> extends Queue<Item> {
  constructor(options: QueueOptions = {}, handle?: QueueHandle) {
    super(options, { kind: 'joinable-queue', order: 'fifo', handle })
  }

  /** The same queue, in another thread or process. */
  static override attach<Item>(handle: QueueHandle, options: Pick<QueueOptions, 'clock'> = {}): JoinableQueue<Item> {
    return new JoinableQueue(options, handle)
  }
}
