import { describe, expect, test } from 'vitest'
import { deferred, ForkpoolError } from '@forkpool/pool-core/base'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { HeardSink } from '../../test/support/heard-sink.ts'
import { House, REQUEST, settled, squares, inOrder } from '../../test/support/attachments-house.ts'

describe('attach', () => {
  test('whoever comes in the middle gets what was recorded, then what comes; who read before hears that it is superseded', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3, 4, 5], true)
    await house.answer()
    const second = await house.attach(first.sink.id)
    expect(first.sink.said).toEqual(['accepted', 'results 0+2', 'SUPERSEDED'])
    expect(second.sink.attachedBatch).toMatchObject({ id: first.sink.id, task: 'square', poolSize: 1, received: 5, inputEnded: true })
    await house.runAll()
    expect(inOrder(second.sink)).toEqual(squares(1, 2, 3, 4, 5))
    expect(second.sink.summary).toMatchObject({ outcome: 'completed', completed: 5 })
    expect(second.sink.said[0]).toBe('attached')
  })

  test('the superseded reader can neither stop nor pause nor feed the batch', async () => {
    const house = new House()
    const first = await house.submit([1, 2], false)
    const second = await house.attach(first.sink.id)
    first.handle.add(encodeItems([9, 9]), true)
    first.handle.pause(true)
    first.handle.cancel()
    first.handle.leave()
    first.handle.abandon()
    second.handle.add(encodeItems([3]), true)
    await house.runAll()
    expect(inOrder(second.sink)).toEqual(squares(1, 2, 3))
    expect(house.clock.pending).toBe(0)
  })

  test('hears nothing before what came of the input is recorded: who is told that it came, keeps it no longer', async () => {
    for (const isTaken of [true, false]) {
      const house = new House()
      const first = await house.submit([1, 2], false)
      await house.answer()
      const append = deferred<void>()
      const { engine } = house
      const recorded = engine.append.bind(engine)
      engine.append = (...items) => append.promise.then(() => recorded(...items))
      first.handle.add(encodeItems([3]), true)
      const second = await house.attach(first.sink.id)
      await house.runAll()
      expect(second.sink.said).toEqual([])
      if (isTaken) append.resolve()
      else append.reject(new ForkpoolError('DISK_FULL'))
      await settled()
      await house.runAll()
      if (isTaken) {
        expect(second.sink.attachedBatch).toMatchObject({ received: 3, inputEnded: true, heldBytes: 8 })
        expect(second.sink.credits).toBe(8)
        expect(inOrder(second.sink)).toEqual(squares(1, 2, 3))
      } else expect(second.sink.said).toEqual(['DISK_FULL'])
      expect(house.dispatcher.open.size).toBe(0)
    }
  })

  test('hears nothing before what waits of the input is written, and why not where the disk does not take it; the batch goes on', async () => {
    for (const isTaken of [true, false]) {
      const house = new House()
      const first = await house.submit([1, 2, 3], true)
      const flush = deferred<void>()
      house.engine.flush = () => flush.promise
      const second = await house.attach(first.sink.id)
      await settled()
      expect(second.sink.said).toEqual([])
      if (isTaken) flush.resolve()
      else flush.reject(new ForkpoolError('DISK_FULL'))
      await settled()
      house.engine.flush = () => Promise.resolve()
      const last = isTaken ? second : await house.attach(first.sink.id)
      await house.runAll()
      if (!isTaken) expect(second.sink.said).toEqual(['DISK_FULL'])
      expect(last.sink.attachedBatch).toMatchObject({ received: 3, inputEnded: true })
      expect(inOrder(last.sink)).toEqual(squares(1, 2, 3))
    }
  })

  test('by the session and number of its submission, and without what the client has', async () => {
    const house = new House()
    await house.submit([1, 2, 3, 4, 5, 6], true)
    await house.answer()
    await house.answer()
    const again = await house.attach(undefined, [0, 1, 3, 4])
    await house.runAll()
    expect(inOrder(again.sink)).toEqual(squares(1, 2, 3, 4, 5, 6).filter(([index]) => index !== 0 && index !== 3))
  })

  test('an ended batch is read as often as one likes', async () => {
    const house = new House()
    const { sink } = await house.submit([1, 2, 3], true)
    await house.runAll()
    for (let i = 0; i < 2; i++) {
      const again = await house.attach(sink.id)
      expect(inOrder(again.sink)).toEqual(squares(1, 2, 3))
      expect(again.sink.summary).toEqual(sink.summary)
      expect(again.sink.attachedBatch).toMatchObject({ received: 3, inputEnded: true, heldBytes: 0 })
    }
  })

  test('of a batch that was given up it says why, after what there is', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3, 4, 5, 6, 7, 8, 9], true, { ...REQUEST, deadlineMs: 50 })
    await house.answer()
    house.clock.advance(50)
    await house.runAll()
    expect(first.sink.said.at(-1)).toBe('TIMED_OUT')
    const again = await house.attach(first.sink.id)
    expect(again.sink.said[0]).toBe('attached')
    expect(again.sink.said.slice(1)).toEqual(first.sink.said.slice(1))
    expect(again.sink.outcomes.size).toBeLessThan(9)
  })

  test('an ended batch that nobody wants to read further ends at once for whoever cancels it', async () => {
    const house = new House()
    const { sink } = await house.submit([1, 2, 3], true)
    await house.runAll()
    const again = new HeardSink()
    const handle = house.attachments.attach({ id: sink.id, owner: 'me', have: [] }, again)
    handle.pause(true)
    handle.cancel()
    await settled()
    expect(again.said).toEqual(['attached', 'done'])
    const left = new HeardSink()
    house.attachments.attach({ id: sink.id, owner: 'me', have: [] }, left).abandon()
    await settled()
    expect(left.said).toEqual(['attached'])
  })

  test("an unknown batch, somebody else's and one that is forgotten are the same: unknown. An admin sees all", async () => {
    const house = new House()
    const { sink } = await house.submit([1], true)
    await house.runAll()
    const unknown = await house.attach('none' as BatchId)
    const foreign = await house.attach(sink.id, [], 'you')
    expect([unknown.sink.said, foreign.sink.said]).toEqual([['BATCH_UNKNOWN'], ['BATCH_UNKNOWN']])
    const admin = new HeardSink()
    house.attachments.attach({ id: sink.id, owner: undefined, have: [] }, admin)
    await settled()
    expect(inOrder(admin)).toEqual(squares(1))
    await house.engine.forget(sink.id as BatchId)
    expect((await house.attach(sink.id)).sink.said).toEqual(['BATCH_UNKNOWN'])
  })

  test('a reader that leaves before its batch was found leaves it to the next', async () => {
    const house = new House()
    const { sink } = await house.submit([1, 2, 3], true)
    const gone = new HeardSink()
    const handle = house.attachments.attach({ id: sink.id, owner: 'me', have: [] }, gone)
    handle.leave()
    await settled()
    expect(gone.said).toEqual(['attached'])
    expect(house.clock.pending).toBe(1)
    const back = await house.attach(sink.id)
    expect(house.clock.pending).toBe(0)
    await house.runAll()
    expect(inOrder(back.sink)).toEqual(squares(1, 2, 3))
  })
})
