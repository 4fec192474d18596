import { ForkpoolError } from '../base/errors.ts'
import type { Memory } from './memory.ts'

/** @throws ForkpoolError CLOSED when this holder has closed the memory. A thread memory's words would still answer, an unmapped one's not. */
export function checkOpen(memory: Memory): void {
  if (memory.isClosed) throw new ForkpoolError('CLOSED', 'This object was closed by this thread; attach its handle again.')
}
