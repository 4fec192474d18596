import { expect, test } from 'vitest'
import { deferred, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { HeardSink } from '../../test/support/heard-sink.ts'
import type { RecordedRange } from '../engine/engine.ts'
import { AttachedReader } from './attached-reader.ts'
import { ReaderHandle } from './reader-handle.ts'

/** A batch whose record is at its end when `over` resolves. */
function attached(waits: boolean): { readonly handle: ReaderHandle; readonly pauses: boolean[]; readonly read: () => Promise<void> } {
  const over = deferred<void>()
  async function* record(): AsyncGenerator<RecordedRange> {
    await over.promise
    yield* []
  }
  const reader = new AttachedReader(new HeardSink(), record, new IntervalSet())
  const started = reader.start(undefined)
  const pauses: boolean[] = []
  const none = (): void => {}
  const batch = { id: 'b' as BatchId, add: none, end: none, cancel: none, leave: none, abandon: none }
  const handle = new ReaderHandle({ ...batch, pause: (paused) => pauses.push(paused) }, reader, waits)
  const read = async (): Promise<void> => {
    over.resolve()
    await started
    handle.goOn()
  }
  return { handle, pauses, read }
}

test('a batch whose results are not kept for long stands still while its record is read, whatever room the reader has', async () => {
  const { handle, pauses, read } = attached(true)
  handle.pause(true)
  handle.pause(false)
  expect(pauses).toEqual([true, true, true])
  await read()
  expect(pauses.at(-1)).toBe(false)
  handle.pause(true)
  expect(pauses.at(-1)).toBe(true)
})

test('it stands still after that too where the reader is behind', async () => {
  const { handle, pauses, read } = attached(true)
  handle.pause(true)
  await read()
  expect(pauses.at(-1)).toBe(true)
})

test('one on a disk goes on', () => {
  const { handle, pauses } = attached(false)
  expect(pauses).toEqual([])
  handle.pause(true)
  handle.pause(false)
  expect(pauses).toEqual([true, false])
})
