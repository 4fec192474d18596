import { expect, test } from 'vitest'
import { decodeItems, encodeItems } from '../protocol/index.ts'
import type { TaskFailure } from '../protocol/index.ts'
import type { BatchId } from '../scheduler/index.ts'
import { settledRanges } from './settled-ranges.ts'
import { StepOutcome } from './step-outcome.ts'

const BATCH = 'b' as BatchId
const failure = (message: string): TaskFailure => ({ at: 0, attempts: 1, error: { name: 'Error', message } })

test('other failures of the batch come along with what the shard gave, so that nothing is left for after its end', () => {
  const outcome = new StepOutcome()
  outcome.failed(BATCH, 11, failure('mine'))
  outcome.failed(BATCH, 3, failure('another shard’s'))
  const failures = [{ at: 1, error: { name: 'Error', message: 'mine' }, retryable: false }]
  const ranges = settledRanges({ batch: BATCH, from: 10, message: { count: 3, values: encodeItems([5, 7]), failures } }, outcome)
  expect(ranges.map(({ from, count, values }) => ({ from, count, values: decodeItems(values) }))).toEqual([
    { from: 10, count: 3, values: [5, 7] },
    { from: 3, count: 1, values: [] },
  ])
  expect(ranges.map((range) => range.failures.map(({ at, error }) => `${at} ${error.message}`))).toEqual([
    ['1 mine'],
    ['0 another shard’s'],
  ])
  expect([...outcome.batches()].flatMap((batch) => [...outcome.takeFailed(batch)])).toEqual([])
})

test('an answer that covers nothing gives nothing', () => {
  const empty = { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) }
  expect(settledRanges({ batch: BATCH, from: 10, message: { count: 0, values: empty } }, new StepOutcome())).toEqual([])
})
