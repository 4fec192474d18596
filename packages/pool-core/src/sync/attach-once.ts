import { attach } from './attach.ts'
import type { Handle, SharedObject } from './region.ts'

/** Primitives in process memory that are in use here, by kind and place: to map a memory anew for every task that has a lock would cost more than the task. */
const known = new Map<string, WeakRef<SharedObject>>()
const forgotten = new FinalizationRegistry<string>((key) => {
  if (known.get(key)?.deref() === undefined) known.delete(key)
})

/**
 * As `attach`, but the same object while somebody holds it and it is not closed. Those of thread memory are made anew: there it costs next to nothing.
 * @throws ForkpoolError BAD_ARGUMENT for anything but a handle, NOT_FOUND when its memory is gone.
 */
export function attachOnce(handle: Handle): SharedObject {
  const { memory } = handle
  if (memory?.kind !== 'process') return attach(handle)
  const key = `${handle.forkpool} ${memory.name} ${handle.offset}`
  const there = known.get(key)?.deref()
  if (there !== undefined && !there.isClosed) return there
  const attached = attach(handle)
  known.set(key, new WeakRef(attached))
  forgotten.register(attached, key)
  return attached
}
