import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FakeClock } from '@forkpool/pool-core/testing'
import { afterAll, expect, test } from 'vitest'
import { Store, STORE_FILE } from '../src/engine/embedded/store.ts'
import type { Change } from '../src/engine/embedded/store.ts'
import { DataDirs } from './support/data-dirs.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

const MEBIBYTE = 1024 * 1024

/** A value of that many bytes that tells itself from others. */
function block(name: number, bytes: number): Change {
  return { key: Buffer.from(`key ${String(name).padStart(4, '0')}`), value: Buffer.alloc(bytes, name % 251) }
}

test('in quiet moments the store writes room for as much as it has grown by, never while it commits, and what it holds stays as it is', async () => {
  const dataDir = dirs.next()
  mkdirSync(dataDir, { recursive: true })
  const clock = new FakeClock()
  const store = new Store(dataDir, clock)
  const size = (): number => statSync(join(dataDir, STORE_FILE)).size
  const grown = async (): Promise<number> => {
    const before = size()
    clock.advance(21)
    await expect.poll(size, { timeout: 20_000 }).toBeGreaterThan(before)
    // A step is half a mebibyte, and the next one begins at once.
    for (let last = -1; last !== size(); await new Promise(setImmediate)) last = size()
    return size()
  }
  const all: Change[] = []
  for (let i = 0; i < 20; i++) {
    all.push(block(i, MEBIBYTE))
    await store.commit(all.slice(-1))
  }
  const untouched = size()
  clock.advance(10)
  await new Promise(setImmediate)
  expect(size()).toBe(untouched)
  expect(await grown()).toBeGreaterThan(untouched)
  // Commits and steps in turns: each waits for the other.
  for (let i = 20; i < 60; i++) {
    all.push(block(i, MEBIBYTE / 2))
    const committed = store.commit(all.slice(-1))
    clock.advance(21)
    await committed
    clock.advance(21)
    if (i % 4 === 0) await new Promise(setImmediate)
  }
  const found = store.entries({ start: Buffer.from('key'), end: Buffer.from('kez') }, 1_000)
  expect(found).toHaveLength(all.length)
  for (const [i, { key, value }] of found.entries()) {
    expect(Buffer.from(key).equals(all[i]?.key ?? Buffer.alloc(0))).toBe(true)
    expect(Buffer.from(value).equals((all[i]?.value ?? Buffer.alloc(0)) as Buffer)).toBe(true)
  }
  await store.close()
  const last = size()
  clock.advance(1_000)
  await new Promise(setImmediate)
  expect(size()).toBe(last)
  // What was written ahead is room for the next life.
  const again = new Store(dataDir, clock)
  await again.commit([block(100, MEBIBYTE)])
  expect(size()).toBe(last)
  await again.close()
})
