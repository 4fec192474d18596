import { expect, test } from 'vitest'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchRecord, Engine, RecordedRange } from './engine.ts'

const ID = 'b1' as BatchId

function record(id: BatchId): BatchRecord {
  return {
    id,
    task: 'square',
    pool: 'size-2',
    poolSize: 2,
    spread: false,
    priority: 0,
    total: undefined,
    chunkSize: undefined,
    retries: 0,
    backoffMs: 0,
    failFast: false,
    submittedAt: 0,
  }
}

function range(from: number, ...values: readonly number[]): RecordedRange {
  return { from, count: values.length, values: encodeItems(values), failures: [] }
}

const SUMMARY = { outcome: 'cancelled', completed: 3, failed: 0, cancelled: 1, wallMs: 1, runMs: 1, workers: 1 } as const

/** What every engine has to keep, whatever it writes to. Call it in the test file of an engine. */
export function testEngine(name: string, create: () => Promise<Engine>): void {
  test(`${name}: a result is recorded once; whoever comes second is dropped and counted`, async () => {
    const engine = await create()
    await engine.open(record(ID), encodeItems([1, 2, 3, 4]), true)
    expect(await engine.record(ID, [range(0, 1, 4)], undefined)).toHaveLength(1)
    expect(await engine.record(ID, [range(0, 1, 4)], undefined)).toEqual([])
    const fresh = await engine.record(ID, [range(1, 4, 9), range(2, 9)], SUMMARY)
    expect(fresh.map(({ from }) => from)).toEqual([2])
    expect(engine.ledger(ID)).toEqual({ submitted: 4, recorded: 3, cancelled: 1, duplicates: 4 })
    await engine.close()
  })

  test(`${name}: items that come later are counted, and a batch is opened once`, async () => {
    const engine = await create()
    await engine.open(record(ID), undefined, false)
    await engine.append(ID, encodeItems([1, 2]), false)
    await engine.append(ID, encodeItems([3]), false)
    await engine.end(ID)
    expect(engine.ledger(ID)?.submitted).toBe(3)
    await expect(engine.open(record(ID), undefined, false)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await engine.close()
  })

  test(`${name}: an unknown or forgotten batch is refused`, async () => {
    const engine = await create()
    const unknown = { code: 'BATCH_UNKNOWN' }
    await expect(engine.append(ID, encodeItems([1]), false)).rejects.toMatchObject(unknown)
    await engine.open(record(ID), undefined, true)
    await engine.forget(ID)
    expect(engine.ledger(ID)).toBeUndefined()
    await expect(engine.end(ID)).rejects.toMatchObject(unknown)
    await expect(engine.record(ID, [range(0, 1)], undefined)).rejects.toMatchObject(unknown)
    await engine.close()
  })
}
