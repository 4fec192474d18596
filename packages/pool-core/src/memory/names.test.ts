import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freshName, fullName } from './names.ts'

test('a name is the same with and without slash and prefix', () => {
  expect([fullName('a.b-c_1'), fullName('/a.b-c_1'), fullName('forkpool.a.b-c_1'), fullName('/forkpool.a.b-c_1')]).toEqual(
    Array.from({ length: 4 }, () => 'forkpool.a.b-c_1'),
  )
})

test('no name leads out of the folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '-', '_', '\0', 'é', ' '), maxLength: 250 }), (name) => {
      try {
        expect(fullName(name)).toMatch(/^forkpool\.[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/)
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_ARGUMENT' })
      }
    }),
  )
})

test('a fresh name is a name, and another each time', () => {
  const names = Array.from({ length: 100 }, freshName)
  expect(new Set(names).size).toBe(100)
  expect(names.map(fullName)).toEqual(names)
})
