import { ForkpoolError } from '../base/index.ts'
import { checkMovable } from '../protocol/index.ts'

/**
 * Says that buffers of a task's result shall be moved to the caller and not copied: `return move(pixels)`. In a pool of threads nothing is
 * copied, whatever the size, and the buffers are of length 0 here afterwards; elsewhere the result is copied as ever.
 *
 * @param value the result, an object. @param buffers which of its buffers; default: that of `value` itself, an `ArrayBuffer` or a view.
 * @returns `value`. @throws ForkpoolError BAD_ARGUMENT for what is no `ArrayBuffer`, was moved already, or cannot be moved, as the memory that
 * small Node buffers share.
 */
export function move<Value extends object>(value: Value, buffers?: readonly ArrayBuffer[]): Value {
  const moved: readonly unknown[] = buffers ?? [ArrayBuffer.isView(value) ? value.buffer : value]
  checkMovable(moved, 'move')
  const { isMarkedAsUntransferable } = process.getBuiltinModule('node:worker_threads')
  if (moved.some((buffer) => isMarkedAsUntransferable(buffer)))
    throw new ForkpoolError('BAD_ARGUMENT', 'move: this memory has other users too, as that of small Node buffers: copy it first')
  moves().set(value, moved)
  return value
}

/** The buffers that a result asks to be moved. */
export function movedFrom(value: unknown): readonly ArrayBuffer[] | undefined {
  return typeof value === 'object' && value !== null ? moves().get(value) : undefined
}

/** One for the whole process: a task module may find another copy of this package than the worker that runs it. */
const MOVES = Symbol.for('forkpool.moves')

function moves(): WeakMap<object, readonly ArrayBuffer[]> {
  const shared = globalThis as { [MOVES]?: WeakMap<object, readonly ArrayBuffer[]> | undefined }
  return (shared[MOVES] ??= new WeakMap<object, readonly ArrayBuffer[]>())
}
