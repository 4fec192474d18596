import type { Attachments } from '../attachments.ts'
import type { CborWriter } from '../cbor/cbor-writer.ts'
import { describeError } from './error-parts.ts'
import { typedArrayEntry } from './typed-arrays.ts'
import { toLittleEndian } from '../number-bytes.ts'
import { classify, isPoisonous } from './value-kind.ts'
import { entryKey, entryValue } from './value-trail.ts'
import type { ValueTrail } from './value-trail.ts'

/**
 * Writes one value in CBOR. Throws `NOT_SERIALISABLE` with the path of what cannot travel; what the value's own getters throw comes
 * through as it is. Then the writer holds a part of the value: the caller abandons it.
 */
export function writeValue(writer: CborWriter, value: unknown, trail: ValueTrail): void {
  switch (typeof value) {
    case 'number':
      writeNumber(writer, value)
      return
    case 'string':
      writer.text(value)
      return
    case 'boolean':
      writer.byte(value ? 0xf5 : 0xf4)
      return
    case 'undefined':
      writer.byte(0xf7)
      return
    case 'bigint':
      writeBigint(writer, value)
      return
    case 'object':
      if (value === null) writer.byte(0xf6)
      else writeObject(writer, value, trail)
      return
    case 'function':
    case 'symbol':
      trail.refuse(`a ${typeof value}`)
  }
}

/** An integer where the number is a safe one, a float otherwise: −0, fractions, NaN, infinities, and from 2^53 on. */
function writeNumber(writer: CborWriter, value: number): void {
  if (Number.isSafeInteger(value) && (value !== 0 || !Object.is(value, -0))) {
    if (value >= 0) writer.head(0, value)
    else writer.head(1, -1 - value)
  } else {
    writer.float64(value)
  }
}

const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

/** Always a bignum (tags 2 and 3), however small: so it comes back as a bigint. */
function writeBigint(writer: CborWriter, value: bigint): void {
  writer.head(6, value < 0n ? 3 : 2)
  const magnitude = value < 0n ? -1n - value : value
  if (magnitude < 0x1_0000_0000_0000_0000n) {
    scratch.setBigUint64(0, magnitude)
    let from = 0
    while (from < 8 && scratchBytes[from] === 0) from++
    writer.byteString(scratchBytes.subarray(from))
    return
  }
  const hex = magnitude.toString(16)
  const bytes = new Uint8Array((hex.length + 1) >> 1)
  for (let i = hex.length, at = bytes.length - 1; i > 0; i -= 2, at--) bytes[at] = Number.parseInt(hex.slice(Math.max(0, i - 2), i), 16)
  writer.byteString(bytes)
}

function writeObject(writer: CborWriter, value: object, trail: ValueTrail): void {
  if (writer.attachments !== undefined && writeAttached(writer, value, writer.attachments)) return
  const classified = classify(value)
  switch (classified.kind) {
    case 'none':
      return writeHandle(writer, value, classified.what, trail)
    case 'array':
      return writeArray(writer, value as readonly unknown[], trail)
    case 'object':
      return writeEntries(writer, value as Readonly<Record<string, unknown>>, Object.keys(value), trail)
    case 'bytes':
      return writer.byteString(value as Uint8Array)
    case 'typed':
      return writeTyped(writer, value as ArrayBufferView<ArrayBuffer>, trail)
    case 'date':
      writer.head(6, 1)
      return writeNumber(writer, Date.prototype.getTime.call(value) / 1000)
    case 'map':
      return writeMap(writer, value as ReadonlyMap<unknown, unknown>, trail)
    case 'set':
      writer.head(6, 258)
      return writeArray(writer, Array.from(value as ReadonlySet<unknown>), trail)
    case 'regexp':
      writeGeneric(writer, 'RegExp', 3)
      writer.text((value as RegExp).source)
      return writer.text((value as RegExp).flags)
    case 'arraybuffer':
      writeGeneric(writer, 'ArrayBuffer', 2)
      return writer.byteString(new Uint8Array(value as ArrayBuffer))
    case 'dataview': {
      const view = value as DataView
      writeGeneric(writer, 'DataView', 2)
      return writer.byteString(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    }
    case 'error':
      return writeError(writer, value as Error, trail)
  }
}

function writeArray(writer: CborWriter, array: readonly unknown[], trail: ValueTrail): void {
  const { length } = array
  writer.head(4, length)
  trail.enter(array)
  for (let i = 0; i < length; i++) {
    trail.at(i)
    writeValue(writer, array[i], trail)
  }
  trail.leave()
}

function writeEntries(writer: CborWriter, object: Readonly<Record<string, unknown>>, keys: readonly string[], trail: ValueTrail): void {
  writer.head(5, keys.length)
  trail.enter(object)
  for (const key of keys) {
    trail.at(key)
    const value = object[key]
    if (isPoisonous(key, value)) trail.refuse('a key that could change a prototype')
    writer.text(key)
    writeValue(writer, value, trail)
  }
  trail.leave()
}

function writeMap(writer: CborWriter, map: ReadonlyMap<unknown, unknown>, trail: ValueTrail): void {
  const entries = Array.from(map)
  writer.head(6, 259)
  writer.head(5, entries.length)
  trail.enter(map)
  entries.forEach(([key, value], i) => {
    trail.at(entryKey(i))
    writeValue(writer, key, trail)
    trail.at(entryValue(i))
    writeValue(writer, value, trail)
  })
  trail.leave()
}

function writeTyped(writer: CborWriter, array: ArrayBufferView<ArrayBuffer>, trail: ValueTrail): void {
  const entry = typedArrayEntry(array)
  if (entry === undefined) return trail.refuse('a typed array of an unknown class')
  writer.head(6, entry.tag)
  writer.byteString(toLittleEndian(array, entry.elementBytes))
}

/** Tag 27: an array of a class name and its arguments. Source: the generic-object tag, cbor.schmorp.de. */
function writeGeneric(writer: CborWriter, name: string, length: number): void {
  writer.head(6, 27)
  writer.head(4, length)
  writer.text(name)
}

function writeError(writer: CborWriter, error: Error, trail: ValueTrail): void {
  const parts = describeError(error)
  writeGeneric(writer, 'Error', 2)
  // Here, and not only for its parts: an error that is its own cause must be found as a cycle.
  trail.enter(error)
  writeEntries(writer, parts, Object.keys(parts), trail)
  trail.leave()
}

/** Writes an object's own enumerable properties as a map of text keys, even where a class made it. */
export function writeProperties(writer: CborWriter, properties: Readonly<Record<string, unknown>>, trail: ValueTrail): void {
  writeEntries(writer, properties, Object.keys(properties), trail)
}

/** A buffer that stands beside the bytes, or a view of one: its number instead. False: it goes into the bytes. */
function writeAttached(writer: CborWriter, value: object, attachments: Attachments): boolean {
  const isView = ArrayBuffer.isView(value)
  if (!isView && !(value instanceof SharedArrayBuffer) && !(value instanceof ArrayBuffer)) return false
  const number = attachments.numberOf(isView ? value.buffer : value)
  if (number === undefined) return false
  if (!isView) {
    writeGeneric(writer, 'AttachedBuffer', 2)
    writer.head(0, number)
    return true
  }
  const name = value instanceof Uint8Array ? 'Uint8Array' : value instanceof DataView ? 'DataView' : typedArrayEntry(value)?.name
  if (name === undefined) return false
  writeGeneric(writer, 'AttachedView', 5)
  writer.text(name)
  writer.head(0, number)
  writer.head(0, value.byteOffset)
  writer.head(0, value.byteLength)
  return true
}

/** A lock, a queue or another primitive travels as its handle, and is attached where it arrives. What else has a class of its own is refused. */
function writeHandle(writer: CborWriter, value: object, what: string, trail: ValueTrail): void {
  const handle = handleOf(value)
  if (handle === undefined) return trail.refuse(what)
  if (handle.memory.kind === 'thread' && writer.attachments === undefined)
    return trail.refuse(`a ${handle.forkpool} in thread memory, and not in process memory (memory: 'process')`)
  writeGeneric(writer, 'Handle', 2)
  writeEntries(writer, handle, Object.keys(handle), trail)
}

interface HandleLike extends Readonly<Record<string, unknown>> {
  readonly forkpool: string
  readonly memory: { readonly kind?: unknown }
}

function handleOf(value: object): HandleLike | undefined {
  const { handle } = value as { readonly handle?: Partial<HandleLike> | undefined }
  const isHandle = typeof handle === 'object' && handle !== null && typeof handle.forkpool === 'string' && typeof handle.memory === 'object'
  return isHandle ? (handle as HandleLike) : undefined
}
