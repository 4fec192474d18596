import { expect, test } from 'vitest'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { BatchPauses } from './batch-pauses.ts'

test('a batch is paused from its first reason to the end of its last', () => {
  const pauses = new BatchPauses()
  const a = 'a' as BatchId
  expect(pauses.set(a, 'reader', false)).toBeUndefined()
  expect(pauses.set(a, 'reader', true)).toBe(true)
  expect(pauses.set(a, 'reader', true)).toBeUndefined()
  expect(pauses.set(a, 'disk', true)).toBeUndefined()
  expect(pauses.set(a, 'reader', false)).toBeUndefined()
  expect(pauses.set('b' as BatchId, 'disk', false)).toBeUndefined()
  expect(pauses.set(a, 'disk', false)).toBe(false)
  expect(pauses.set(a, 'disk', true)).toBe(true)
  pauses.forget(a)
  expect(pauses.set(a, 'disk', true)).toBe(true)
})
