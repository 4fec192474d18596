import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeValue, encodeValue } from './value-codec.ts'

test('any value that can be cloned comes back', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }), (value) => {
      expect(decodeValue(encodeValue(value))).toEqual(structuredClone(value))
    }),
  )
})

test('numbers and texts come back exactly', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.string({ unit: fc.constantFrom('a', '\0', 'é', '\u{1f600}', '\ud800', '\udc00') })), (value) => {
      expect(Object.is(decodeValue(encodeValue(value)), value)).toBe(true)
    }),
  )
})

test('a byte order mark is part of its text', () => {
  expect(decodeValue(encodeValue('\ufeffa'))).toBe('\ufeffa')
})

test('what cannot be cloned is an error with a code', () => {
  for (const value of [() => 1, Symbol('s'), { deep: new WeakMap() }, new SharedArrayBuffer(8)])
    expect(() => encodeValue(value)).toThrow(expect.objectContaining({ code: 'NOT_SERIALISABLE' }))
})
