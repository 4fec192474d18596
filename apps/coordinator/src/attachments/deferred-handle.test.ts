import { expect, test } from 'vitest'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle } from '../batch-request.ts'
import { DeferredHandle } from './deferred-handle.ts'

function recording(): { readonly handle: BatchHandle; readonly calls: string[] } {
  const calls: string[] = []
  const handle: BatchHandle = {
    id: 'b1' as BatchId,
    add: (items, ended) => calls.push(`add ${items.count} ${ended}`),
    end: () => calls.push('end'),
    cancel: () => calls.push('cancel'),
    pause: (paused) => calls.push(`pause ${paused}`),
    leave: () => calls.push('leave'),
    abandon: () => calls.push('abandon'),
  }
  return { handle, calls }
}

test('what is asked before the batch is found is done then, in order; what is asked later at once', () => {
  const { handle, calls } = recording()
  const deferred = new DeferredHandle()
  expect(deferred.id).toBe('')
  deferred.add(encodeItems([1, 2]), false)
  deferred.pause(true)
  deferred.end()
  deferred.cancel()
  expect(calls).toEqual([])
  deferred.become(handle)
  expect(calls).toEqual(['add 2 false', 'pause true', 'end', 'cancel'])
  expect(deferred.id).toBe('b1')
  deferred.pause(false)
  deferred.leave()
  deferred.abandon()
  expect(calls.slice(4)).toEqual(['pause false', 'leave', 'abandon'])
})

test('where there is no such batch, what was asked is dropped, and what is asked', () => {
  const { handle, calls } = recording()
  const deferred = new DeferredHandle()
  deferred.add(encodeItems([1]), true)
  deferred.drop()
  deferred.cancel()
  deferred.become(handle)
  expect(calls).toEqual([])
})
