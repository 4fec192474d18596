/** What a `Value` or a `SharedArray` can hold: the typed arrays of JavaScript. Source: `multiprocessing.sharedctypes`. */
export type ElementType = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64' | 'i64' | 'u64'

/** What one element is in JavaScript. */
export type ElementOf<Type extends ElementType> = Type extends 'i64' | 'u64' ? bigint : number

/** Elements in shared memory. */
export interface ElementArray<Element> {
  [index: number]: Element
  readonly length: number
}

const ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
} as const satisfies Record<ElementType, unknown>

/** @throws TypeError for a name that is not one of the types. */
export function elementBytes(type: ElementType): number {
  const constructor = ARRAYS[type] as { readonly BYTES_PER_ELEMENT: number } | undefined
  if (constructor === undefined) throw new TypeError(`type: expected one of ${Object.keys(ARRAYS).join(', ')}, got ${String(type)}`)
  return constructor.BYTES_PER_ELEMENT
}

/** `length` elements of the bytes, from `offset` on. */
export function elementsAt<Type extends ElementType>(
  type: Type,
  bytes: Uint8Array,
  offset: number,
  length: number,
): ElementArray<ElementOf<Type>> {
  const constructor = ARRAYS[type] as unknown as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => ElementArray<ElementOf<Type>>
  return new constructor(bytes.buffer, bytes.byteOffset + offset, length)
}
