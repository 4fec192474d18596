import { Barrier, Lock, Value } from '../src/sync/index.ts'
import type { BarrierHandle, LockHandle, Value as ValueOf } from '../src/sync/index.ts'
import type { ValueHandle } from '../src/sync/value.ts'

/** What to do, and with what. */
interface IncrementJob {
  readonly lock: LockHandle | undefined
  readonly counter: ValueHandle
  readonly start: BarrierHandle
  readonly times: number
}

/** Adds 1 to a number in shared memory, many times, reading and writing it in two steps. */
process.on('message', ({ lock, counter, start, times }: IncrementJob) => {
  const number = Value.attach(counter as never) as ValueOf<'i32'>
  const guard = lock === undefined ? undefined : Lock.attach(lock)
  Barrier.attach(start).waitSync()
  for (let i = 0; i < times; i++) {
    const held = guard?.acquireSync()
    number.value += 1
    held?.release()
  }
  process.send?.('done')
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
