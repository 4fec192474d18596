import { Barrier } from './barrier.ts'
import type { BarrierHandle } from './barrier.ts'
import type { QueueHandle } from './base-queue.ts'
import { BoundedSemaphore } from './bounded-semaphore.ts'
import { Condition } from './condition.ts'
import type { ConditionHandle } from './condition.ts'
import { DeadlockWatch } from './deadlock-watch.ts'
import type { DeadlockWatchHandle } from './deadlock-watch.ts'
import { Event } from './event.ts'
import type { EventHandle } from './event.ts'
import { JoinableQueue } from './joinable-queue.ts'
import { LifoQueue } from './lifo-queue.ts'
import { Lock } from './lock.ts'
import type { LockHandle } from './lock.ts'
import { PriorityQueue } from './priority-queue.ts'
import { Queue } from './queue.ts'
import type { Handle } from './region.ts'
import { RLock } from './rlock.ts'
import type { RLockHandle } from './rlock.ts'
import { Semaphore } from './semaphore.ts'
import type { SemaphoreHandle } from './semaphore.ts'
import { SharedArray } from './shared-array.ts'
import type { SharedArrayHandle } from './shared-array.ts'
import type { SharedObject } from './region.ts'
import { SimpleQueue } from './simple-queue.ts'
import { Value } from './value.ts'
import type { ValueHandle } from './value.ts'
import { ForkpoolError } from '../base/errors.ts'

/** One attacher a kind of handle. */
const ATTACHERS: Readonly<Record<string, (handle: never) => SharedObject>> = {
  lock: (handle: LockHandle) => Lock.attach(handle),
  rlock: (handle: RLockHandle) => RLock.attach(handle),
  semaphore: (handle: SemaphoreHandle) => Semaphore.attach(handle),
  'bounded-semaphore': (handle: SemaphoreHandle) => BoundedSemaphore.attach(handle),
  event: (handle: EventHandle) => Event.attach(handle),
  condition: (handle: ConditionHandle) => Condition.attach(handle),
  barrier: (handle: BarrierHandle) => Barrier.attach(handle),
  queue: (handle: QueueHandle) => Queue.attach(handle),
  'lifo-queue': (handle: QueueHandle) => LifoQueue.attach(handle),
  'priority-queue': (handle: QueueHandle) => PriorityQueue.attach(handle),
  'joinable-queue': (handle: QueueHandle) => JoinableQueue.attach(handle),
  'simple-queue': (handle: QueueHandle) => SimpleQueue.attach(handle),
  value: (handle: ValueHandle) => Value.attach(handle),
  array: (handle: SharedArrayHandle) => SharedArray.attach(handle),
  'deadlock-watch': (handle: DeadlockWatchHandle) => DeadlockWatch.attach(handle),
}

/** Whether a value that came from elsewhere is the handle of a primitive: for whoever makes arguments live, such as a pool. */
export function isHandle(value: unknown): value is Handle {
  return (
    typeof value === 'object' &&
    value !== null &&
    'forkpool' in value &&
    typeof value.forkpool === 'string' &&
    Object.hasOwn(ATTACHERS, value.forkpool)
  )
}

/**
 * The primitive behind a handle, whichever it is. Where the kind is known, `Lock.attach(handle)` and its like give the right type.
 * @throws ForkpoolError BAD_ARGUMENT for anything but a handle, NOT_FOUND when its memory is gone.
 */
export function attach(handle: Handle): SharedObject {
  const attacher = isHandle(handle) ? ATTACHERS[handle.forkpool] : undefined
  if (attacher === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'handle: expected the handle of a lock, queue or other primitive')
  return attacher(handle as never)
}
