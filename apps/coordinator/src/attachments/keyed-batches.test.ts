import { describe, expect, test } from 'vitest'
import { encodeItems } from '@forkpool/pool-core/protocol'
import { HeardSink } from '../../test/support/heard-sink.ts'
import { House, KEYED, squares, inOrder } from '../../test/support/attachments-house.ts'

describe('keys', () => {
  test('of two submissions at once with one key one runs, and both have its results, or the later one alone', async () => {
    const house = new House()
    const [first, second] = await Promise.all([house.submit([1, 2, 3], true, KEYED), house.submit([1, 2, 3], true, KEYED)])
    await house.runAll()
    expect(house.workers.ran).toEqual([1, 2, 3])
    expect(first.sink.said).toEqual(['accepted', 'SUPERSEDED'])
    expect(second.sink.said[0]).toBe('attached')
    expect(inOrder(second.sink)).toEqual(squares(1, 2, 3))
    expect(second.sink.id).toBe(first.sink.id)
  })

  test('nothing runs before it is known who was first, though a worker is free', async () => {
    const house = new House(2)
    const request = { ...KEYED, poolSize: 2 }
    await Promise.all([house.submit([1], true, request), house.submit([1], true, request)])
    await house.runAll()
    expect(house.workers.ran).toEqual([1])
  })

  test('after its end a batch with the key is not run again', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3], true, KEYED)
    await house.runAll()
    const again = await house.submit([1, 2, 3], true, KEYED)
    await house.runAll()
    expect(house.workers.ran).toEqual([1, 2, 3])
    expect(inOrder(again.sink)).toEqual(inOrder(first.sink))
    expect(again.sink.summary).toEqual(first.sink.summary)
    // The input that came a second time is dealt with at once.
    expect(again.sink.credits).toBe(24)
  })

  test('a second client gives what the first did not, whenever its items come', async () => {
    const house = new House()
    const first = house.submit([1, 2, 3], false, KEYED)
    const second = new HeardSink()
    const handle = house.attachments.submit(KEYED, encodeItems([1, 2]), false, second)
    handle.add(encodeItems([3, 4]), false)
    handle.add(encodeItems([5]), true)
    await first
    await house.runAll()
    expect(second.said[0]).toBe('attached')
    expect(inOrder(second)).toEqual(squares(1, 2, 3, 4, 5))
    expect(second.summary).toMatchObject({ completed: 5 })
    expect(house.workers.ran).toEqual([1, 2, 3, 4, 5])
  })

  test('items that come while it is open whether one is the first belong to the batch that has the key', async () => {
    // Both look, find nothing, and submit; the second learns only from the record that it is not the first.
    const house = new House()
    const sinks = [new HeardSink(), new HeardSink()]
    const handles = sinks.map((sink) => house.attachments.submit(KEYED, encodeItems([1]), false, sink))
    for (let turn = 0; turn < 6; turn++) {
      await Promise.resolve()
      for (const handle of handles) handle.add(encodeItems([turn + 2]), turn === 5)
    }
    await house.runAll()
    expect(sinks[0]?.said.at(-1)).toBe('SUPERSEDED')
    expect(inOrder(sinks[1] as HeardSink)).toEqual(squares(1, 2, 3, 4, 5, 6, 7))
    expect(house.workers.ran).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('a key that was given to another batch before is refused, and that one is not disturbed', async () => {
    const house = new House()
    const first = await house.submit([1, 2, 3], true, KEYED)
    const others = [
      await house.submit([1, 2, 3], true, { ...KEYED, spread: true }),
      await house.submit([1, 2], true, KEYED),
      await house.submit([1], false, { ...KEYED, total: 4 }),
    ]
    for (const { sink } of others) expect(sink.said).toEqual(['ALREADY_EXISTS'])
    await house.runAll()
    expect(inOrder(first.sink)).toEqual(squares(1, 2, 3))
    const same = await house.submit([1], false, { ...KEYED, total: 3 })
    expect(inOrder(same.sink)).toEqual(squares(1, 2, 3))
  })

  test('a submission that is refused leaves its key free', async () => {
    const house = new House()
    const wrong = await house.submit([1], true, { ...KEYED, task: 'sqare' })
    wrong.handle.cancel()
    expect(wrong.sink.said).toEqual(['TASK_UNKNOWN'])
    const right = await house.submit([2], true, KEYED)
    await house.runAll()
    expect(inOrder(right.sink)).toEqual(squares(2))
  })

  test("a key of somebody else's is another key", async () => {
    const house = new House()
    await house.submit([1, 2], true, KEYED)
    await house.submit([3, 4], true, { ...KEYED, owner: 'you', idempotencyKey: 'k:you/nightly' })
    await house.runAll()
    expect(house.workers.ran.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
  })

  test('a cancel before it is known who was first reaches the batch', async () => {
    const house = new House()
    const sink = new HeardSink()
    const handle = house.attachments.submit(KEYED, encodeItems([1, 2, 3, 4, 5, 6]), true, sink)
    handle.cancel()
    await house.runAll()
    expect(sink.summary?.outcome).toBe('cancelled')
  })
})
