import { TYPED_ARRAYS } from './typed-arrays.ts'

/** A kind of value that travels, with a sample: docs/protocol.md shows how it looks, and the schema hash pins its bytes. */
export interface ValueRow {
  readonly name: string
  readonly sample: unknown
  /** How it is written in CBOR. */
  readonly cbor: string
}

const little: ReadonlyMap<string, unknown> = new Map<string, unknown>(
  TYPED_ARRAYS.flatMap(({ name, construct, elementBytes }) =>
    construct === undefined ? [] : [[name, new construct(Uint8Array.from({ length: elementBytes }, (_, i) => (i === 0 ? 1 : 0)).buffer)]],
  ),
)

/** Every kind of value, in the order of the document. */
export const VALUE_TABLE: readonly ValueRow[] = [
  { name: 'null', sample: null, cbor: 'null' },
  { name: 'true, false', sample: true, cbor: 'true, false' },
  { name: 'number, whole, up to ±(2^53 - 1)', sample: 1_000_000, cbor: 'integer' },
  { name: 'any other number', sample: 0.5, cbor: 'float of 64 bits' },
  { name: 'minus zero', sample: -0, cbor: 'float of 64 bits' },
  { name: 'not a number, infinities', sample: -Infinity, cbor: 'float of 64 bits' },
  { name: 'bigint', sample: 18_446_744_073_709_551_616n, cbor: 'tag 2 (bignum), however small' },
  { name: 'negative bigint', sample: -5n, cbor: 'tag 3 (negative bignum)' },
  { name: 'string', sample: 'aé', cbor: 'text' },
  { name: 'string with a lone surrogate', sample: '\ud800', cbor: 'tag 273, bytes in WTF-8' },
  { name: 'undefined', sample: undefined, cbor: 'undefined' },
  { name: 'array (a hole is undefined)', sample: [1, 'x'], cbor: 'array' },
  { name: 'plain object', sample: { a: 1 }, cbor: 'map with text keys' },
  { name: 'plain object with a key `$type`', sample: { $type: 1 }, cbor: 'map with text keys' },
  { name: 'Uint8Array', sample: new Uint8Array([1, 2]), cbor: 'bytes' },
  { name: 'Date', sample: new Date(1_500), cbor: 'tag 1, seconds since 1970' },
  { name: 'invalid Date', sample: new Date(Number.NaN), cbor: 'tag 1, not a number' },
  { name: 'Map', sample: new Map([[1, 'x']]), cbor: 'tag 259, map' },
  { name: 'Set', sample: new Set([1]), cbor: 'tag 258, array' },
  { name: 'RegExp', sample: /a/g, cbor: 'tag 27, ["RegExp", source, flags]' },
  { name: 'Error', sample: sampleError(), cbor: 'tag 27, ["Error", map of its parts]' },
  { name: 'ArrayBuffer', sample: new Uint8Array([1]).buffer, cbor: 'tag 27, ["ArrayBuffer", bytes]' },
  { name: 'DataView', sample: new DataView(new Uint8Array([1]).buffer), cbor: 'tag 27, ["DataView", bytes]' },
  ...TYPED_ARRAYS.map(({ name, tag }) => ({ name, sample: little.get(name), cbor: `tag ${tag}, little-endian bytes` })),
]

function sampleError(): Error {
  const error = new RangeError('no')
  // The parts that depend on where this runs are no sample.
  Object.defineProperty(error, 'stack', { value: undefined })
  return error
}
