import { expect, test } from 'vitest'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import { succeeded, summaryOf } from '../engine/engine-conformance.ts'
import type { RecordedRange } from '../engine/engine.ts'
import { Recorder } from './recorder.ts'

const A = 'a' as BatchId

/** An engine whose disk takes something or not, as the test says. */
class Disk {
  readonly written: string[] = []
  error: ForkpoolError | undefined

  async record(_batch: BatchId, ranges: readonly RecordedRange[], summary: unknown): Promise<readonly RecordedRange[]> {
    await Promise.resolve()
    if (this.error !== undefined) throw this.error
    this.written.push(...ranges.map(({ from }) => String(from)), ...(summary === undefined ? [] : ['end']))
    return ranges
  }
}

function create(): {
  readonly disk: Disk
  readonly clock: FakeClock
  readonly said: string[]
  readonly record: (from: number, end?: boolean) => void
} {
  const disk = new Disk()
  const clock = new FakeClock()
  const said: string[] = []
  const recorder = new Recorder(disk, clock, (batch, isStalled) => said.push(`${batch} ${isStalled ? 'stalled' : 'goes on'}`))
  const record = (from: number, end = false): void =>
    recorder.record({
      batch: A,
      ranges: [succeeded(from, 1)],
      summary: end ? summaryOf(3) : undefined,
      givenUp: undefined,
      recorded: (fresh) => said.push(`recorded ${fresh.map((range) => range.from).join()}`),
      failed: (error) => said.push(`failed ${(error as ForkpoolError).code}`),
    })
  return { disk, clock, said, record }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('what the disk does not take waits in order, and is tried again each second until it does', async () => {
  const { disk, clock, said, record } = create()
  disk.error = new ForkpoolError('DISK_FULL')
  record(0)
  record(1)
  await settle()
  record(2, true)
  await settle()
  expect(said).toEqual(['a stalled'])
  clock.advance(1_000)
  await settle()
  expect(said).toEqual(['a stalled', 'a goes on', 'a stalled'])
  disk.error = undefined
  clock.advance(1_000)
  await settle()
  expect(said.slice(3)).toEqual(['a goes on', 'recorded 0', 'recorded 1', 'recorded 2'])
  expect(disk.written).toEqual(['0', '1', '2', 'end'])
  expect(clock.pending).toBe(0)
})

test('another error than the disk’s is told, and nothing waits', async () => {
  const { disk, clock, said, record } = create()
  disk.error = new ForkpoolError('BATCH_UNKNOWN')
  record(0)
  await settle()
  expect(said).toEqual(['failed BATCH_UNKNOWN'])
  expect(clock.pending).toBe(0)
})
