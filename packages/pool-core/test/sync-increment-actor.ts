import { Lock, Value } from '../src/sync/index.ts'
import type { LockHandle, Value as ValueOf } from '../src/sync/index.ts'
import type { ValueHandle } from '../src/sync/value.ts'

/** Adds 1 to a number in shared memory, many times, reading and writing it in two steps. */
process.once('message', ({ lock, counter, times }: { lock: LockHandle | undefined; counter: ValueHandle; times: number }) => {
  const number = Value.attach(counter as never) as ValueOf<'i32'>
  const guard = lock === undefined ? undefined : Lock.attach(lock)
  for (let i = 0; i < times; i++) {
    const held = guard?.acquireSync()
    number.value += 1
    held?.release()
  }
  process.disconnect()
})
process.send?.('ready')
