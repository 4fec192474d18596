import { encodeItems } from '@forkpool/pool-core/protocol'
import { expect, test } from 'vitest'
import { HeldInput } from './held-input.ts'

const LIMITS = { batchItemsMax: 100, itemBytesMax: 100, heldBytesMax: 100 }

test('what is held for batches whose sessions are gone leaves less room for the others', () => {
  let leftBytes = 0
  const held = new HeldInput(LIMITS, () => leftBytes)
  const bytes = held.take(encodeItems([1, 2, 3, 4, 5]), 0)
  held.free(bytes)
  leftBytes = 100 - bytes
  held.take(encodeItems([1, 2, 3, 4, 5]), 0)
  expect(() => held.take(encodeItems([1]), 0)).toThrow('--held-bytes-max')
  expect(held.bytes).toBe(bytes)
})
