import type { CborReader } from '../cbor/cbor-reader.ts'
import { located, Mismatch, preview } from '../mismatch.ts'
import { buildError } from './error-parts.ts'
import { fromBytes, TYPED_ARRAYS, UINT8_ARRAY_TAG } from './typed-arrays.ts'
import type { TypedArrayEntry } from './typed-arrays.ts'
import { reviveHandle } from './handle-reviver.ts'
import { isPoisonous } from './value-kind.ts'

/**
 * Reads one value, the counterpart of `writeValue`. Reads also what other encoders write for the same values: dates as text (tag 0),
 * integers of any size, floats of 16 and 32 bits, big-endian typed arrays, `Uint8Array` with its tag. Bytes are copied: a value never
 * keeps a frame alive, and its `buffer` is its own.
 */
export function readValue(reader: CborReader): unknown {
  const major = reader.head()
  switch (major) {
    case 0:
    case 1:
      return integer(reader, major)
    case 2:
      return new Uint8Array(reader.view(reader.argument))
    case 3:
      return reader.textOf(reader.argument)
    case 4:
      return array(reader)
    case 5:
      return object(reader)
    case 6:
      return tagged(reader, reader.argument)
    default:
      return simple(reader)
  }
}

/** A number where it is a safe one, else a bigint: no digit is ever lost. */
function integer(reader: CborReader, major: 0 | 1): number | bigint {
  const { argument } = reader
  if (argument < Number.MAX_SAFE_INTEGER) return major === 0 ? argument : -1 - argument
  const exact = (BigInt(reader.high) << 32n) | BigInt(reader.low)
  if (major === 1) return -1n - exact
  return exact === BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : exact
}

function simple(reader: CborReader): unknown {
  reader.checkSimple()
  if (reader.info >= 25) return reader.float()
  switch (reader.argument) {
    case 20:
      return false
    case 21:
      return true
    case 22:
      return null
    default:
      return undefined
  }
}

/** The elements of an array whose head was read. */
function array(reader: CborReader): unknown[] {
  reader.checkLength(4)
  const length = reader.argument
  reader.enter()
  const values: unknown[] = []
  for (let i = 0; i < length; i++) values.push(readValue(reader))
  reader.leave()
  return values
}

/** The entries of a map whose head was read, as an object. */
function object(reader: CborReader): Record<string, unknown> {
  reader.checkLength(5)
  const length = reader.argument
  reader.enter()
  const values: Record<string, unknown> = {}
  for (let i = 0; i < length; i++) {
    const key = reader.key('a text key (a Map has tag 259)')
    const value = readValue(reader)
    if (isPoisonous(key, value)) throw new Mismatch('keys that cannot change a prototype', preview(key))
    values[key] = value
  }
  reader.leave()
  return values
}

function map(reader: CborReader): Map<unknown, unknown> {
  const length = reader.length(5, 'a map in tag 259')
  reader.enter()
  const values = new Map<unknown, unknown>()
  for (let i = 0; i < length; i++) {
    const key = readValue(reader)
    values.set(key, readValue(reader))
  }
  reader.leave()
  return values
}

const SELF_DESCRIBED = 55799

/** Typed array classes by tag; the same class twice, for both orders of bytes. */
const TYPED_BY_TAG: ReadonlyMap<number, TypedArrayEntry> = new Map(
  TYPED_ARRAYS.flatMap((entry) => [entry.tag, entry.bigEndianTag].filter((tag) => tag !== undefined).map((tag) => [tag, entry] as const)),
)

function tagged(reader: CborReader, tag: number): unknown {
  switch (tag) {
    case 0:
      return dateOfText(reader)
    case 1:
      return dateOfSeconds(numberIn(reader, 1))
    case 2:
      return bignum(bytesIn(reader, 2))
    case 3:
      return -1n - bignum(bytesIn(reader, 3))
    case 27:
      return generic(reader)
    case 258:
      reader.length(4, 'an array in tag 258')
      return new Set(array(reader))
    case 259:
      return map(reader)
    case 273:
      return reader.wtf8()
    case UINT8_ARRAY_TAG:
      return new Uint8Array(bytesIn(reader, tag))
    case SELF_DESCRIBED:
      return selfDescribed(reader)
    default:
      return typed(reader, tag)
  }
}

/** A value may say that it is CBOR, once: then recursion cannot come from tags. */
function selfDescribed(reader: CborReader): unknown {
  if (reader.skipByte(0xd9)) throw new Mismatch('a value in tag 55799', `a tag at byte ${reader.at - 1}`)
  return readValue(reader)
}

function typed(reader: CborReader, tag: number): unknown {
  const entry = TYPED_BY_TAG.get(tag)
  if (entry === undefined) throw new Mismatch('a tag of the table of values', `tag ${tag}`)
  const made = fromBytes(entry, bytesIn(reader, tag), tag === entry.bigEndianTag)
  if (made === undefined) throw new Mismatch(`bytes of ${entry.name}`, 'a length that does not fit its elements')
  return made
}

function bytesIn(reader: CborReader, tag: number): Uint8Array {
  const major = reader.head()
  if (major !== 2) throw new Mismatch(`a byte string in tag ${tag}`, reader.describe(major))
  return reader.view(reader.argument)
}

function numberIn(reader: CborReader, tag: number): number {
  const at = reader.at
  const major = reader.peekMajor()
  if (major === 0 || major === 1 || major === 7) {
    const value = readValue(reader)
    if (typeof value === 'number') return value
  }
  throw new Mismatch(`a number in tag ${tag}`, `another value at byte ${at}`)
}

/** Far from 1970 a double is too coarse for `seconds * 1000`: rounded apart, every millisecond of every `Date` comes back. */
function dateOfSeconds(seconds: number): Date {
  const whole = Math.floor(seconds)
  return new Date(whole * 1000 + Math.round((seconds - whole) * 1000))
}

function dateOfText(reader: CborReader): Date {
  const text = reader.text('text in tag 0')
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new Mismatch('a date by RFC 3339 in tag 0', preview(text))
  return date
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function bignum(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  let hex = '0x'
  for (const byte of bytes) hex += HEX[byte] as string
  try {
    return BigInt(hex)
  } catch {
    throw new Mismatch('a big integer that fits into memory', `one of ${bytes.length} bytes`)
  }
}

/** Tag 27: a class name and its arguments. */
function generic(reader: CborReader): unknown {
  const length = reader.length(4, 'an array in tag 27')
  const name = length === 0 ? '' : reader.text('a class name in tag 27')
  try {
    if (name === 'RegExp' && length === 3) return regexp(reader.text('a source'), reader.text('flags'))
    if (name === 'ArrayBuffer' && length === 2) return ownBuffer(bytesIn(reader, 27))
    if (name === 'DataView' && length === 2) return new DataView(ownBuffer(bytesIn(reader, 27)))
    if (name === 'AttachedBuffer' && length === 2) return attachedBuffer(reader)
    if (name === 'AttachedView' && length === 5) return attachedView(reader)
    if (name === 'Handle' && length === 2) {
      reader.length(5, 'a handle')
      return reviveHandle(object(reader))
    }
    if (name === 'Error' && length === 2) {
      reader.length(5, "a map of an error's parts")
      return errorOf(object(reader))
    }
  } catch (error) {
    throw located(error, `<${name}>`)
  }
  throw new Mismatch('RegExp, ArrayBuffer, DataView or Error in tag 27', `${preview(name)} and ${length - 1} arguments`)
}

function attachedBuffer(reader: CborReader): ArrayBufferLike {
  const number = numberIn(reader, 27)
  const buffer = reader.attachments?.[number]
  if (buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) return buffer
  throw new Mismatch('a buffer beside the items', `none of number ${number}`)
}

function attachedView(reader: CborReader): ArrayBufferView {
  const name = reader.text('a class name')
  const buffer = attachedBuffer(reader)
  const byteOffset = numberIn(reader, 27)
  const byteLength = numberIn(reader, 27)
  if (name === 'Uint8Array') return new Uint8Array(buffer, byteOffset, byteLength)
  if (name === 'DataView') return new DataView(buffer, byteOffset, byteLength)
  const entry = TYPED_ARRAYS.find((one) => one.name === name)
  const construct = entry?.construct as (new (of: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView) | undefined
  if (entry === undefined || construct === undefined) throw new Mismatch('a class of typed arrays', preview(name))
  return new construct(buffer, byteOffset, byteLength / entry.elementBytes)
}

function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** A regular expression, or a `Mismatch` where the platform does not take it. */
export function regexp(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    throw new Mismatch('a regular expression', `${preview(source)} with flags ${preview(flags)}`)
  }
}

/** An error value from its parts as they travel. */
export function errorOf(parts: Readonly<Record<string, unknown>>): Error {
  const { name, message, stack, cause, errors, properties } = parts
  if (typeof name !== 'string') throw new Mismatch('an error with a name', preview(name))
  if (typeof message !== 'string') throw new Mismatch('an error with a message', preview(message))
  return buildError({
    name,
    message,
    stack: typeof stack === 'string' ? stack : undefined,
    hasCause: Object.hasOwn(parts, 'cause'),
    cause,
    errors: Array.isArray(errors) ? errors : undefined,
    properties: typeof properties === 'object' && properties !== null ? (properties as Record<string, unknown>) : undefined,
  })
}

/** Reads the entries of a map of text keys, whatever encloses it: values count their depth from here. */
export function readProperties(reader: CborReader): Record<string, unknown> {
  const { depth } = reader
  reader.length(5, 'an object of values')
  reader.depth = 0
  const properties = object(reader)
  reader.depth = depth
  return properties
}
