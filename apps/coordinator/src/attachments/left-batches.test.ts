import { describe, expect, test } from 'vitest'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { OpenBatch } from '../engine/engine.ts'
import { House, REQUEST, ORPHAN_MS, squares, inOrder } from '../../test/support/attachments-house.ts'

describe('batches whose reader is gone', () => {
  test('a batch waits for its reader for a while, and is cancelled when it does not come', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    handle.leave()
    house.clock.advance(ORPHAN_MS - 1)
    expect(house.stateOf(sink.id)).toBe('open')
    house.clock.advance(1)
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('it goes on from when its reader is back, and the time begins anew with the next loss', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    handle.leave()
    house.clock.advance(ORPHAN_MS - 1)
    const back = await house.attach(sink.id)
    house.clock.advance(ORPHAN_MS)
    expect(house.stateOf(sink.id)).toBe('open')
    back.handle.leave()
    house.clock.advance(ORPHAN_MS - 1)
    expect(house.stateOf(sink.id)).toBe('open')
    house.clock.advance(1)
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('a batch whose results were not kept is left by its reader, who cannot have them', async () => {
    const house = new House(1, 8)
    const { sink, handle } = await house.submit([1, 2, 3, 4, 5, 6], true)
    await house.answer()
    handle.leave()
    const back = await house.attach(sink.id)
    expect(back.sink.said).toEqual(['attached', 'RESULTS_GONE'])
    house.clock.advance(ORPHAN_MS)
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('a detached batch waits for nobody, whether its client is lost or says goodbye', async () => {
    for (const way of ['leave', 'abandon'] as const) {
      const house = new House()
      const { sink, handle } = await house.submit([1, 2, 3, 4], true, { ...REQUEST, detached: true })
      handle[way]()
      expect(house.clock.pending).toBe(0)
      await house.runAll()
      expect(house.stateOf(sink.id)).toBe('completed')
      expect(inOrder((await house.attach(sink.id)).sink)).toEqual(squares(1, 2, 3, 4))
    }
  })

  test('a detached batch without the end of its input would never end by itself: it waits as any other, and ends with a goodbye', async () => {
    const house = new House()
    const lost = await house.submit([1], false, { ...REQUEST, detached: true })
    lost.handle.leave()
    house.clock.advance(ORPHAN_MS)
    await house.runAll()
    expect(house.stateOf(lost.sink.id)).toBe('cancelled')
    const left = await house.submit([1], false, { ...REQUEST, idempotencyKey: 's:s1/2', detached: true })
    left.handle.abandon()
    await house.runAll()
    expect(house.stateOf(left.sink.id)).toBe('cancelled')
  })

  test('a client that says goodbye wants its batch no more', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    handle.abandon()
    await house.runAll()
    expect(house.stateOf(sink.id)).toBe('cancelled')
  })

  test('batches of an earlier life wait for their readers too, and nothing is given up once the coordinator stops', async () => {
    const house = new House()
    const { sink, handle } = await house.submit([1, 2, 3, 4], true)
    const stored = await house.engine.batch(sink.id as BatchId)
    const open = [true, false].map((detached) => ({ ...stored, batch: { ...stored?.batch, detached } }) as unknown as OpenBatch)
    house.attachments.recovered(open)
    expect(house.clock.pending).toBe(1)
    house.attachments.stop()
    expect(house.clock.pending).toBe(0)
    handle.leave()
    house.clock.advance(ORPHAN_MS)
    expect(house.stateOf(sink.id)).toBe('open')
  })
})
