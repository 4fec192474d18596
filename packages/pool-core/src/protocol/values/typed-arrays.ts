import { IS_LITTLE_ENDIAN, swapped } from '../number-bytes.ts'

type TypedArrayConstructor = new (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>

/** A typed array class: its tag in RFC 8746 for little-endian elements, and its `$type` in JSON. */
export interface TypedArrayEntry {
  readonly name: string
  readonly type: string
  /** Tag of little-endian elements (of the only form, where an element is one byte). */
  readonly tag: number
  /** Tag of the same elements big-endian; read, never written. */
  readonly bigEndianTag: number | undefined
  readonly elementBytes: number
  /** Absent where the platform does not have the class. */
  readonly construct: TypedArrayConstructor | undefined
}

const global = globalThis as unknown as Readonly<Record<string, TypedArrayConstructor | undefined>>

function entry(name: string, tag: number, elementBytes: number): TypedArrayEntry {
  const bigEndianTag = elementBytes === 1 ? undefined : tag - 4
  return { name, type: name.toLowerCase(), tag, bigEndianTag, elementBytes, construct: global[name] }
}

/** All of them but `Uint8Array`, which is a plain byte string. Source: RFC 8746 §2.1. */
export const TYPED_ARRAYS: readonly TypedArrayEntry[] = [
  entry('Uint8ClampedArray', 68, 1),
  entry('Uint16Array', 69, 2),
  entry('Uint32Array', 70, 4),
  entry('BigUint64Array', 71, 8),
  entry('Int8Array', 72, 1),
  entry('Int16Array', 77, 2),
  entry('Int32Array', 78, 4),
  entry('BigInt64Array', 79, 8),
  entry('Float16Array', 84, 2),
  entry('Float32Array', 85, 4),
  entry('Float64Array', 86, 8),
]

/** Tag of `Uint8Array` in RFC 8746: read, never written. */
export const UINT8_ARRAY_TAG = 64

/** The entry of a typed array (a subclass counts as its class). */
export function typedArrayEntry(array: ArrayBufferView): TypedArrayEntry | undefined {
  return TYPED_ARRAYS.find(({ construct }) => construct !== undefined && array instanceof construct)
}

/** A typed array of its own memory from bytes in the given order; `undefined` when their number does not fit the element. */
export function fromBytes(entryOf: TypedArrayEntry, bytes: Uint8Array, bigEndian: boolean): ArrayBufferView | undefined {
  if (entryOf.construct === undefined || bytes.length % entryOf.elementBytes !== 0) return undefined
  const straight = entryOf.elementBytes === 1 || bigEndian !== IS_LITTLE_ENDIAN
  const own = straight ? new Uint8Array(bytes) : swapped(bytes, entryOf.elementBytes)
  return new entryOf.construct(own.buffer)
}
