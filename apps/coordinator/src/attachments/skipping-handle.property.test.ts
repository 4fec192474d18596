import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes, decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle } from '../batch-request.ts'
import { SkippingHandle } from './skipping-handle.ts'

/** The batch behind: which items came, and whether the input was ended, once. */
class Behind implements BatchHandle {
  readonly id = 'b1' as BatchId
  readonly items: unknown[] = []
  readonly calls: string[] = []
  ends = 0

  add(items: ItemBlock, ended: boolean): void {
    expect(this.ends).toBe(0)
    this.items.push(...decodeItems(items))
    if (ended) this.end()
  }

  end(): void {
    this.ends++
  }

  cancel(): void {
    this.calls.push('cancel')
  }

  pause(paused: boolean): void {
    this.calls.push(`pause ${paused}`)
  }

  leave(): void {
    this.calls.push('leave')
  }

  abandon(): void {
    this.calls.push('abandon')
  }
}

/** How the client cuts its input, how much of it the batch has, and whether it has its end. */
const CASE = fc.record({
  blocks: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
  receivedPart: fc.double({ min: 0, max: 1, noNaN: true }),
  inputEnded: fc.boolean(),
  endsAlone: fc.boolean(),
})

test('the batch gets each item that it lacks once and in order, and the client credit for the others', () => {
  fc.assert(
    fc.property(CASE, ({ blocks, receivedPart, inputEnded, endsAlone }) => {
      const total = blocks.reduce((sum, count) => sum + count, 0)
      const received = inputEnded ? total : Math.round(total * receivedPart)
      const behind = new Behind()
      let credited = 0
      let sentBytes = 0
      const handle = new SkippingHandle(behind, { received, inputEnded }, (bytes) => (credited += bytes))
      let next = 0
      for (const [i, count] of blocks.entries()) {
        const block = encodeItems(Array.from({ length: count }, (_, k) => `item ${next + k}`))
        sentBytes += blockBytes(block)
        next += count
        handle.add(block, !endsAlone && i === blocks.length - 1)
      }
      if (endsAlone || blocks.length === 0) handle.end()
      expect(behind.items).toEqual(Array.from({ length: total - received }, (_, k) => `item ${received + k}`))
      expect(behind.ends).toBe(inputEnded ? 0 : 1)
      const passed = behind.items.length === 0 ? 0 : blockBytes(encodeItems(behind.items))
      expect(credited).toBe(sentBytes - passed)
    }),
  )
})

test('whatever else is asked goes to the batch', () => {
  const behind = new Behind()
  const handle = new SkippingHandle(behind, { received: 3, inputEnded: false }, () => undefined)
  handle.pause(true)
  handle.pause(false)
  handle.cancel()
  handle.leave()
  handle.abandon()
  expect(behind.calls).toEqual(['pause true', 'pause false', 'cancel', 'leave', 'abandon'])
  expect(handle.id).toBe('b1')
})
