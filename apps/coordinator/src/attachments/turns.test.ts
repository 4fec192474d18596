import { expect, test } from 'vitest'
import { deferred } from '@forkpool/pool-core/base'
import { Turns } from './turns.ts'

test('one after the other by key, in order, and nobody waits for another key', async () => {
  const turns = new Turns()
  const order: string[] = []
  const ends = [deferred<void>(), deferred<void>(), deferred<void>()]
  const take = (key: string, i: number): Promise<void> =>
    turns.take(key, async () => {
      order.push(`begin ${i}`)
      await ends[i]?.promise
      order.push(`end ${i}`)
    })
  const all = [take('a', 0), take('a', 1), take('b', 2)]
  expect(order).toEqual(['begin 0', 'begin 2'])
  expect(turns.size).toBe(2)
  ends[2]?.resolve()
  await all[2]
  expect(turns.size).toBe(1)
  ends[1]?.resolve()
  ends[0]?.resolve()
  await Promise.all(all)
  expect(order).toEqual(['begin 0', 'begin 2', 'end 2', 'end 0', 'begin 1', 'end 1'])
  expect(turns.size).toBe(0)
})
