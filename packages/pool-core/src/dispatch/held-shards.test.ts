import { expect, test } from 'vitest'
import { encodeItems } from '../protocol/index.ts'
import type { RanMessage } from '../protocol/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'
import { HeldShards, isPossibleAnswer } from './held-shards.ts'

const shard = (id: number): ShardId => id as ShardId
const [a, b] = ['a', 'b'] as WorkerId[] as [WorkerId, WorkerId]

test('a shard is taken out once, and only by the worker that holds it', () => {
  const shards = new HeldShards()
  shards.hold(shard(1), { worker: a, from: 0, count: 5 })
  expect(shards.take(shard(1), b)).toBeUndefined()
  expect(shards.find(shard(1))?.worker).toBe(a)
  expect(shards.take(shard(1), a)).toEqual({ worker: a, from: 0, count: 5 })
  expect(shards.take(shard(1), a)).toBeUndefined()
})

test('what a lost worker held is forgotten, and nothing else', () => {
  const shards = new HeldShards()
  shards.hold(shard(1), { worker: a, from: 0, count: 1 })
  shards.hold(shard(2), { worker: b, from: 1, count: 1 })
  shards.hold(shard(3), { worker: a, from: 2, count: 1 })
  shards.lost(a)
  expect(Array.from(shards.values(), ({ from }) => from)).toEqual([1])
})

test.each([
  ['all of it', 3, 3, [], true],
  ['less, with failures', 2, 0, [0, 1], true],
  ['nothing', 0, 0, [], true],
  ['more than it has', 4, 4, [], false],
  ['fewer values than ran', 3, 2, [], false],
  ['a failure behind what ran', 2, 1, [2], false],
  ['failures out of order', 3, 1, [1, 0], false],
  ['a failure twice', 3, 1, [1, 1], false],
] as const)('an answer of %s', (_what, count, values, failedAt, isPossible) => {
  const failures = failedAt.map((at) => ({ at, error: { name: 'Error', message: '' }, retryable: true }))
  const block =
    values === 0 ? { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) } : encodeItems(Array.from({ length: values }, () => 1))
  const message: RanMessage = { kind: 'ran', shard: 1, count, values: block, failures, runMs: 0, decodeMs: 0, encodeMs: 0 }
  expect(isPossibleAnswer(message, 3)).toBe(isPossible)
})
