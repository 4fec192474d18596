import { expect, test } from 'vitest'
import { PoolRegistry } from './pool-registry.ts'

function registry(): PoolRegistry {
  return new PoolRegistry({ poolsMax: 3, sizeMax: 64, defaultSize: 2 })
}

test('a size alone names its pool; a name alone has the default size or the one it had', () => {
  const pools = registry()
  expect(pools.resolve(undefined, 4)).toEqual({ pool: { name: 'size-4', size: 4 }, changed: true })
  expect(pools.resolve(undefined, 4)).toEqual({ pool: { name: 'size-4', size: 4 }, changed: false })
  expect(pools.resolve('images', undefined)).toEqual({ pool: { name: 'images', size: 2 }, changed: true })
  expect(pools.resolve('images', 8)).toEqual({ pool: { name: 'images', size: 8 }, changed: true })
  expect(pools.resolve('images', undefined)).toEqual({ pool: { name: 'images', size: 8 }, changed: false })
})

test('no name and no size is the pool called default', () => {
  expect(registry().resolve(undefined, undefined)).toEqual({ pool: { name: 'default', size: 2 }, changed: true })
})

test.each([0, -1, 1.5, 1e9, Number.NaN])('refuses the size %s with the range that is possible', (size) => {
  expect(() => registry().resolve(undefined, size)).toThrow(`pool size: expected a whole number from 1 to 64 (--max-workers), got ${size}`)
})

test.each(['', '.hidden', 'a b', 'a/b', 'a'.repeat(65), '__proto__', 'name"'])('refuses the name %j', (name) => {
  expect(() => registry().resolve(name, 1)).toThrow('pool name: expected 1 to 64 letters')
})

test('a name that says a size keeps it', () => {
  expect(registry().resolve('size-4', undefined)).toEqual({ pool: { name: 'size-4', size: 4 }, changed: true })
  expect(() => registry().resolve('size-4', 8)).toThrow('pool "size-4" is the pool of size 4; it cannot have size 8')
})

test('there is a most number of pools', () => {
  const pools = registry()
  for (const size of [1, 2, 3]) pools.resolve(undefined, size)
  expect(() => pools.resolve(undefined, 4)).toThrow('there are 3 pools already')
  expect(pools.resolve(undefined, 3).changed).toBe(false)
})
