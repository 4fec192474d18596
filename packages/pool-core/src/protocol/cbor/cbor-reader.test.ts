import { describe, expect, it } from 'vitest'
import { Mismatch } from '../mismatch.ts'
import { readValue } from '../values/cbor-value-reader.ts'
import { CborReader } from './cbor-reader.ts'

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function read(digits: string): unknown {
  const reader = new CborReader(bytesOf(digits))
  const value = readValue(reader)
  expect(reader.at).toBe(reader.end)
  return value
}

function mismatchOf(digits: string | Uint8Array): string {
  try {
    readValue(new CborReader(typeof digits === 'string' ? bytesOf(digits) : digits))
  } catch (error) {
    if (error instanceof Mismatch) return error.toBadMessage('value').message
    throw error
  }
  return 'no mismatch'
}

describe('CborReader', () => {
  // RFC 8949, appendix A; without indefinite lengths, simple values and tags that have no value here.
  it.each<[string, unknown]>([
    ['00', 0],
    ['01', 1],
    ['0a', 10],
    ['17', 23],
    ['1818', 24],
    ['1819', 25],
    ['1864', 100],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
    ['c249010000000000000000', 18_446_744_073_709_551_616n],
    ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
    ['c349010000000000000000', -18_446_744_073_709_551_617n],
    ['20', -1],
    ['29', -10],
    ['3863', -100],
    ['3903e7', -1000],
    ['f90000', 0],
    ['f98000', -0],
    ['f93c00', 1],
    ['fb3ff199999999999a', 1.1],
    ['f93e00', 1.5],
    ['f97bff', 65_504],
    ['fa47c35000', 100_000],
    ['fa7f7fffff', 3.402_823_466_385_288_6e38],
    ['fb7e37e43c8800759c', 1e300],
    ['f90001', 5.960_464_477_539_063e-8],
    ['f90400', 0.000_061_035_156_25],
    ['f9c400', -4],
    ['fbc010666666666666', -4.1],
    ['f97c00', Infinity],
    ['f97e00', Number.NaN],
    ['f9fc00', -Infinity],
    ['fa7f800000', Infinity],
    ['fb7ff0000000000000', Infinity],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['f7', undefined],
    ['c074323031332d30332d32315432303a30343a30305a', new Date('2013-03-21T20:04:00Z')],
    ['c11a514b67b0', new Date(1_363_896_240_000)],
    ['c1fb41d452d9ec200000', new Date(1_363_896_240_500)],
    ['40', new Uint8Array([])],
    ['4401020304', new Uint8Array([1, 2, 3, 4])],
    ['60', ''],
    ['6161', 'a'],
    ['6449455446', 'IETF'],
    ['62225c', '"\\'],
    ['62c3bc', 'ü'],
    ['63e6b0b4', '水'],
    ['64f0908591', '𐅑'],
    ['80', []],
    ['83010203', [1, 2, 3]],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
    ['a0', {}],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['826161a161626163', ['a', { b: 'c' }]],
    // Further forms of foreign encoders.
    ['1b0000000000000005', 5],
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['1b0020000000000000', 9_007_199_254_740_992n],
    ['3b001ffffffffffffe', -Number.MAX_SAFE_INTEGER],
    ['3b001fffffffffffff', -9_007_199_254_740_992n],
    ['c24105', 5n],
    ['c240', 0n],
    ['d840420102', new Uint8Array([1, 2])],
    ['d84144000100ff', new Uint16Array([1, 255])],
    ['d85148bff0000000000000', undefined],
    ['d85248bff0000000000000', new Float64Array([-1])],
    ['d9d9f7820102', [1, 2]],
    ['7800', ''],
    ['780161', 'a'],
  ])('reads %s', (digits, expected) => {
    if (digits.startsWith('d851')) {
      // Tag 81 is big-endian floats of 32 bits: two of them.
      expect(read(digits)).toStrictEqual(new Float32Array([-1.875, 0]))
    } else {
      expect(read(digits)).toStrictEqual(expected)
    }
  })

  it.each([
    ['', 'value: expected more bytes, got the end at byte 0'],
    ['18', 'value: expected more bytes, got the end at byte 1'],
    ['1a0000', 'value: expected more bytes, got the end at byte 3'],
    ['62ff', 'value: expected more bytes, got the end at byte 2'],
    ['61ff', 'value: expected UTF-8, got invalid UTF-8 in the text at byte 1'],
    ['5affffffff', 'value: expected more bytes, got the end at byte 5'],
    ['9affffffff', 'value: expected more bytes, got the end at byte 5'],
    ['9bffffffffffffffff', 'value: expected more bytes, got the end at byte 9'],
    ['bbffffffffffffffff', 'value: expected more bytes, got the end at byte 9'],
    ['ba00000002', 'value: expected more bytes, got the end at byte 5'],
    ['1c', 'value: expected CBOR (RFC 8949), got the reserved head 0x1c at byte 0'],
    ['9f0102ff', 'value: expected definite lengths only, got an indefinite length at byte 0'],
    ['5f4101ff', 'value: expected definite lengths only, got an indefinite length at byte 0'],
    ['ff', 'value: expected definite lengths only, got an indefinite length at byte 0'],
    ['e0', 'value: expected false, true, null, undefined or a float, got simple value 0 at byte 0'],
    ['f818', 'value: expected false, true, null, undefined or a float, got simple value 24 at byte 1'],
    ['a10102', 'value: expected a text key (a Map has tag 259), got 1'],
    ['a1695f5f70726f746f5f5f01', 'value: expected keys that cannot change a prototype, got "__proto__"'],
    ['a16b636f6e7374727563746f72a16970726f746f7479706501', 'value: expected keys that cannot change a prototype, got "constructor"'],
    ['c0', 'value: expected more bytes, got the end at byte 1'],
    ['c06161', 'value: expected a date by RFC 3339 in tag 0, got "a"'],
    ['c16161', 'value: expected a number in tag 1, got another value at byte 1'],
    ['c201', 'value: expected a byte string in tag 2, got 1'],
    ['c4820102', 'value: expected a tag of the table of values, got tag 4'],
    ['d81b01', 'value: expected an array in tag 27, got 1'],
    ['d81b826161f6', 'value: expected RegExp, ArrayBuffer, DataView or Error in tag 27, got "a" and 1 arguments'],
    ['d81b8366526567457870612860', 'value<RegExp>: expected a regular expression, got "(" with flags ""'],
    ['d81b82654572726f72a0', 'value<Error>: expected an error with a name, got undefined'],
    ['d8454101', 'value: expected bytes of Uint16Array, got a length that does not fit its elements'],
    ['d9010201', 'value: expected an array in tag 258, got 1'],
    ['d9010301', 'value: expected a map in tag 259, got 1'],
    ['d9011161', 'value: expected a byte string in tag 273, got text'],
    ['d9011141ff', 'value: expected WTF-8 in tag 273, got other bytes at byte 4'],
    // A pair of surrogates has to be four bytes: one string has one form.
    ['d9011146eda080edb080', 'value: expected WTF-8 in tag 273, got other bytes at byte 4'],
    ['d9d9f7d9d9f701', 'value: expected a value in tag 55799, got a tag at byte 3'],
  ])('refuses %s', (digits, expected) => {
    expect(mismatchOf(digits)).toBe(expected)
  })

  it('refuses deep nesting without using up the stack, and allows what may be written', () => {
    expect(mismatchOf(new Uint8Array(8_000_000).fill(0x81))).toBe('value: expected at most 256 levels of nesting, got more')
    expect(mismatchOf(Uint8Array.from({ length: 257 }, (_, i) => (i < 256 ? 0x81 : 0)))).toBe('no mismatch')
    expect(mismatchOf(new Uint8Array(8_000_000).fill(0xd9))).toMatch(/expected (a tag|a value)/)
  })

  it('skips a value of any kind', () => {
    for (const digits of [
      '05',
      '3863',
      'fb3ff199999999999a',
      '4401020304',
      '6449455446',
      '8301820203820405',
      'a26161016162820203',
      'd9010281d9010380',
    ]) {
      const reader = new CborReader(bytesOf(`${digits}07`))
      reader.skip()
      expect(reader.head()).toBe(0)
      expect(reader.argument).toBe(7)
    }
    for (const damaged of ['82', '8201', 'a101', '4401', 'fb00', '9f', 'e0'])
      expect(() => new CborReader(bytesOf(damaged)).skip()).toThrow(Mismatch)
    expect(() => new CborReader(new Uint8Array(8_000_000).fill(0x81)).skip()).toThrow(Mismatch)
  })

  it('gives the same string for the same key, and never a wrong one', () => {
    // Same length, same first and last letter: the same slot of the cache.
    const reader = new CborReader(bytesOf('636162636361646363616263'))
    expect([reader.key('key'), reader.key('key'), reader.key('key')]).toEqual(['abc', 'adc', 'abc'])
  })
})
