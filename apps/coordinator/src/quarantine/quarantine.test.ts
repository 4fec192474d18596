import { expect, it } from 'vitest'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import type { BatchRequest } from '../batch-request.ts'
import { Quarantine } from './quarantine.ts'

const REQUEST = { session: 's' as SessionId, task: 'crash', pool: 'p', poolSize: 2 } as BatchRequest & { pool: string; poolSize: number }

function add(quarantine: Quarantine, index: number, item: unknown = index): void {
  const block = encodeItems(['before', item, 'after'])
  const error = { name: 'WorkerLostError', code: 'WORKER_LOST', message: 'ended 3 times' }
  quarantine.add({ batch: 'b', index, request: REQUEST, attempts: 3, error, at: index }, block, 1)
}

it('keeps the item of each task, newest first', () => {
  const quarantine = new Quarantine({ tasksMax: 10, bytesMax: 1_000 })
  add(quarantine, 7, { a: [1] })
  add(quarantine, 8)
  expect(quarantine.list(10).map(({ id, item }) => [id, decodeItems(item)])).toEqual([
    ['b.8', [8]],
    ['b.7', [{ a: [1] }]],
  ])
  expect(quarantine.list(1)).toHaveLength(1)
  expect(quarantine.demand('b.7')).toMatchObject({ index: 7, attempts: 3, request: { task: 'crash' } })
})

it('forgets the oldest beyond its limits, and counts them', () => {
  const quarantine = new Quarantine({ tasksMax: 3, bytesMax: 1_000 })
  for (let i = 0; i < 10; i++) add(quarantine, i)
  expect(quarantine.list(10).map(({ index }) => index)).toEqual([9, 8, 7])
  expect(quarantine.forgotten).toBe(7)
  add(quarantine, 10, 'x'.repeat(950))
  expect(quarantine.list(10).map(({ index }) => index)).toEqual([10, 9, 8])
  add(quarantine, 11, 'x'.repeat(2_000))
  expect(quarantine.list(10).map(({ index }) => index)).toEqual([11])
})

it('drops what it has, and says what it has not', () => {
  const quarantine = new Quarantine({ tasksMax: 3, bytesMax: 1_000 })
  add(quarantine, 1)
  expect([quarantine.drop('b.1'), quarantine.drop('b.1'), quarantine.size]).toEqual([true, false, 0])
  expect(() => quarantine.demand('b.1')).toThrow(/no task b\.1 is in quarantine/)
})
