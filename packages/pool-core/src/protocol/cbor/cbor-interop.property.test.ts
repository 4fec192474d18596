import { Encoder } from 'cbor-x'
import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { expect, it } from 'vitest'
import { BOUNDED, PATIENT } from '../../../test/protocol-arbitraries.ts'
import { readValue } from '../values/cbor-value-reader.ts'
import { writeValue } from '../values/cbor-value-writer.ts'
import { ValueTrail } from '../values/value-trail.ts'
import { CborReader } from './cbor-reader.ts'
import { CborWriter } from './cbor-writer.ts'

/** An implementation by others, with none of its extensions; it reads integers of eight bytes as bigints unless told otherwise. */
const options = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
  copyBuffers: true,
  int64AsNumber: true,
}
const other = new Encoder(options)

/** Values on which both agree: the other one loses −0 and lone surrogates, and has other tags for classes. */
const common = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double().map((number) => (number === 0 ? 0 : number)),
    fc.bigInt({ min: 2n ** 64n, max: 2n ** 200n }),
    fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 64n) - 1n }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
    fc.float64Array(),
    fc.int16Array(),
    tie('array'),
    tie('object'),
    tie('set'),
  ),
  array: fc.array(tie('value'), { maxLength: 30 }),
  object: fc.dictionary(
    fc.string({ maxLength: 40 }).filter((key) => key !== '__proto__' && key !== 'constructor'),
    tie('value'),
    {
      maxKeys: 30,
      noNullPrototype: true,
    },
  ),
  set: fc.array(tie('value'), { maxLength: 4 }).map((values) => new Set(values)),
})).value

function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}

it('reads what cbor-x writes', PATIENT, () => {
  fc.assert(
    fc.property(common, (value) => same(readValue(new CborReader(new Uint8Array(other.encode(value)))), value)),
    { numRuns: 500, ...BOUNDED },
  )
})

it('writes what cbor-x reads', PATIENT, () => {
  const writer = new CborWriter()
  fc.assert(
    fc.property(common, (value) => {
      writer.begin(64, 1024 * 1024)
      writeValue(writer, value, new ValueTrail('value'))
      same(other.decode(writer.finish()), value)
    }),
    { numRuns: 500, ...BOUNDED },
  )
})
