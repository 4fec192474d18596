import { Event, Lock, Queue, Semaphore, Value } from '@forkpool/pool-core/sync'
import type { EventHandle, LockHandle, QueueHandle, SemaphoreHandle, ValueHandle } from '@forkpool/pool-core/sync'

/** Handles of what a worker shares with the program. */
export interface Handles {
  readonly lock: LockHandle
  readonly counter: ValueHandle & { readonly type: 'i32' }
  readonly queue: QueueHandle
  readonly gate: EventHandle
  readonly permits: SemaphoreHandle
}

let shared: { lock: Lock; counter: Value; queue: Queue<string>; gate: Event; permits: Semaphore } | undefined

export function share(handles: Handles): void {
  shared = {
    lock: Lock.attach(handles.lock),
    counter: Value.attach(handles.counter),
    queue: Queue.attach<string>(handles.queue),
    gate: Event.attach(handles.gate),
    permits: Semaphore.attach(handles.permits),
  }
}

export const square = (n: number): number => n * n

export const hypotenuse = (a: number, b: number): number => Math.hypot(a, b)

export async function factorial(n: number): Promise<bigint> {
  let product = 1n
  for (let i = 2n; i <= n; i++) product *= i
  return product
}

export function fail(reason: string): never {
  throw Object.assign(new RangeError(reason), { reason })
}

/** Waits for the gate, adds under the lock, and says so over the queue. */
export function count(times: number): number {
  if (shared === undefined) throw new Error('share has not run')
  shared.gate.waitSync()
  for (let i = 0; i < times; i++) {
    using _held = shared.lock.acquireSync()
    shared.counter.value += 1
  }
  using _permit = shared.permits.acquireSync()
  shared.queue.putSync(`${times} more`)
  return times
}
