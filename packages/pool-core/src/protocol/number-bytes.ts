export const IS_LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** The array's elements as little-endian bytes; a view of them where the machine is little-endian. */
export function toLittleEndian(array: ArrayBufferView<ArrayBuffer>, elementBytes: number): Uint8Array {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  return IS_LITTLE_ENDIAN || elementBytes === 1 ? bytes : swapped(bytes, elementBytes)
}

/** Unsigned 32-bit integers from little-endian bytes; a copy. */
export function fromLittleEndian32(bytes: Uint8Array): Uint32Array {
  return new Uint32Array((IS_LITTLE_ENDIAN ? new Uint8Array(bytes) : swapped(bytes, 4)).buffer)
}

/** Doubles from little-endian bytes; a copy. */
export function fromLittleEndian64(bytes: Uint8Array): Float64Array {
  return new Float64Array((IS_LITTLE_ENDIAN ? new Uint8Array(bytes) : swapped(bytes, 8)).buffer)
}

/** Copies doubles from little-endian bytes, which may lie at any address, to the front of `target`. */
export function copyDoubles(bytes: Uint8Array, target: Float64Array): void {
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(IS_LITTLE_ENDIAN ? bytes : swapped(bytes, 8))
}

/** A copy with the bytes of each element in the other order. */
export function swapped(bytes: Uint8Array, elementBytes: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i += elementBytes) {
    for (let k = 0; k < elementBytes; k++) out[i + k] = bytes[i + elementBytes - 1 - k] as number
  }
  return out
}
