import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { digestResults } from './result-digest.ts'

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

test('is the SHA-256 of the SHA-256 of each block: codec and bytes', async () => {
  const block = Buffer.concat([Buffer.from('f64'), Buffer.from(Float64Array.of(1, 2, 3).buffer)])
  expect(await digestResults([1, 2, 3])).toBe(sha256(sha256(block)).toString('hex'))
  expect(await digestResults([])).toBe(sha256(Buffer.alloc(0)).toString('hex'))
})

test('tells apart order, values, and where one value ends', async () => {
  const lists: unknown[][] = [
    [1, 2],
    [2, 1],
    [1, 2, 3],
    ['1', '2'],
    ['12'],
    ['', '12'],
    [1n, 2n],
    [0],
    [-0],
    [undefined],
    [null],
    [{ a: 1, b: 2 }],
    [{ a: 1, b: 3 }],
  ]
  const digests = await Promise.all(lists.map((list) => digestResults(list)))
  expect(new Set(digests).size).toBe(lists.length)
})

test('goes over more than one block', async () => {
  const many = Array.from({ length: 70_000 }, (_, i) => i)
  const digest = await digestResults(many)
  expect(await digestResults([...many])).toBe(digest)
  many[69_999] = -1
  expect(await digestResults(many)).not.toBe(digest)
})
