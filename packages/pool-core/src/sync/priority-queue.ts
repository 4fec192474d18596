import { ForkpoolError } from '../base/errors.ts'
import { BaseQueue } from './base-queue.ts'
import type { QueueHandle, QueueOptions } from './base-queue.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'

/** The place of a value among others: lower comes first. */
export interface Priority {
  /** Without one, the value itself if it is a number, or its first element if that is one, as in Python's pairs. */
  readonly priority?: number | undefined
}

/**
 * Lowest priority first, equal ones in order of arrival. Priorities are numbers: other processes order the items without decoding them.
 * Source: `queue.PriorityQueue`.
 */
export class PriorityQueue<Item> extends BaseQueue<Item> {
  constructor(options: QueueOptions = {}, handle?: QueueHandle) {
    super(options, { kind: 'priority-queue', order: 'priority', handle })
  }

  /** The same queue, in another thread or process. */
  static attach<Item>(handle: QueueHandle, options: Pick<QueueOptions, 'clock'> = {}): PriorityQueue<Item> {
    return new PriorityQueue(options, handle)
  }

  /** Puts a value if that needs no waiting. @returns whether it did. Errors as `put`. */
  tryPut(value: Item, options?: Priority): boolean {
    return this.putNow(value, priorityOf(value, options))
  }

  /** As `Queue.put`. @throws ForkpoolError BAD_ARGUMENT for a value without a priority. */
  async put(value: Item, options?: WaitOptions & Priority): Promise<void> {
    await this.putAsync(value, priorityOf(value, options), options)
  }

  /** The same, blocking this thread. */
  putSync(value: Item, options?: SyncWaitOptions & Priority): void {
    this.putBlocking(value, priorityOf(value, options), options)
  }

  /** As `Queue.taskDone`. */
  taskDone(): void {
    this.markDone()
  }

  /** As `Queue.join`. */
  join(options?: WaitOptions): Promise<boolean> {
    return this.joinAsync(options)
  }

  /** The same, blocking this thread. */
  joinSync(options?: SyncWaitOptions): boolean {
    return this.joinBlocking(options)
  }
}

function priorityOf(value: unknown, options: Priority | undefined): number {
  const priority = options?.priority ?? (Array.isArray(value) ? (value[0] as unknown) : value)
  if (typeof priority === 'number' && !Number.isNaN(priority)) return priority
  throw new ForkpoolError('BAD_ARGUMENT', 'priority: expected a number, as an option, as the value, or as the first element of the value')
}
