import type { CborReader } from '../cbor/cbor-reader.ts'
import type { CborWriter } from '../cbor/cbor-writer.ts'
import { VALUE_DEPTH_MAX } from '../limits.ts'
import { located, Mismatch, preview } from '../mismatch.ts'

/** What a field is read from in the JSON dialect: the frame's bytes, for items that are cut out of them, and the depth so far. */
export interface JsonSource {
  readonly bytes: Uint8Array
  depth: number
}

/**
 * What a field of a message may hold, and how it travels in both dialects. One object of this kind is what validation, the schema
 * hash and the tables of docs/protocol.md have in common.
 */
export interface FieldType<Value> {
  /** `an integer from 1 to 10`: what errors, the document and the hash call it. */
  readonly expected: string
  /** CBOR: reads and checks. Throws `Mismatch`. */
  read(reader: CborReader): Value
  /** CBOR: checks and writes. */
  write(writer: CborWriter, value: Value): void
  /** JSON: checks what `JSON.parse` made. `name` is the field's. */
  parse(json: unknown, source: JsonSource, name: string): Value
  /** JSON: checks and gives the text. */
  stringify(value: Value): string
  /** The types that this one is made of, for the hash: a list's elements, a structure's fields. */
  readonly parts?: () => readonly FieldType<unknown>[]
}

/** A type whose values are the same in memory and in JSON: `check` returns its argument or throws `Mismatch`. */
interface Scalar<Value> {
  readonly expected: string
  readonly check: (value: unknown) => Value
  readonly read: (reader: CborReader) => Value
  readonly write: (writer: CborWriter, value: Value) => void
}

function scalar<Value>({ expected, check, read, write }: Scalar<Value>): FieldType<Value> {
  return {
    expected,
    read,
    write: (writer, value) => write(writer, check(value)),
    parse: check,
    stringify: (value) => JSON.stringify(check(value)),
  }
}

/** Text of so many UTF-16 code units. */
export function text(lengthMin: number, lengthMax: number): FieldType<string> {
  return textType(lengthMin, lengthMax, preview)
}

/** Text that no error may repeat. */
export function secret(lengthMin: number, lengthMax: number): FieldType<string> {
  return textType(lengthMin, lengthMax, (value) => (typeof value === 'string' ? `${value.length} characters` : `a ${typeof value}`))
}

function textType(lengthMin: number, lengthMax: number, describe: (value: unknown) => string): FieldType<string> {
  const expected = lengthMin === 0 ? `text of at most ${lengthMax} characters` : `text of ${lengthMin} to ${lengthMax} characters`
  const check = (value: unknown): string => {
    if (typeof value === 'string' && value.length >= lengthMin && value.length <= lengthMax) return value
    throw new Mismatch(expected, describe(value))
  }
  return scalar({ expected, check, read: (reader) => check(reader.key(expected)), write: (writer, value) => writer.text(value) })
}

/** A whole number. */
export function integer(min: number, max: number): FieldType<number> {
  const expected = max === Number.MAX_SAFE_INTEGER ? `an integer from ${min} to 2^53 - 1` : `an integer from ${min} to ${max}`
  const check = (value: unknown): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value === 0 ? 0 : value
    throw new Mismatch(expected, preview(value))
  }
  const read = (reader: CborReader): number => {
    const major = reader.head()
    const value = major === 0 ? reader.argument : major === 1 ? -1 - reader.argument : NaN
    if (value >= min && value <= max && Number.isSafeInteger(value)) return value
    throw new Mismatch(expected, reader.describe(major))
  }
  const write = (writer: CborWriter, value: number): void => (value >= 0 ? writer.head(0, value) : writer.head(1, -1 - value))
  return scalar({ expected, check, read, write })
}

/** A number of zero or more, whole or not. */
export const duration: FieldType<number> = durationType()

function durationType(): FieldType<number> {
  const expected = 'a number, 0 or more'
  const check = (value: unknown): number => {
    if (typeof value === 'number' && value >= 0 && value < Infinity) return value === 0 ? 0 : value
    throw new Mismatch(expected, preview(value))
  }
  const read = (reader: CborReader): number => {
    const major = reader.head()
    if (major === 0) return check(reader.argument)
    if (major === 7 && reader.info >= 25) return check(reader.float())
    throw new Mismatch(expected, reader.describe(major))
  }
  const write = (writer: CborWriter, value: number): void => (Number.isSafeInteger(value) ? writer.head(0, value) : writer.float64(value))
  return scalar({ expected, check, read, write })
}

/** True or false. */
export const flag: FieldType<boolean> = flagType()

function flagType(): FieldType<boolean> {
  const expected = 'true or false'
  const check = (value: unknown): boolean => {
    if (typeof value === 'boolean') return value
    throw new Mismatch(expected, preview(value))
  }
  const read = (reader: CborReader): boolean => {
    if (reader.skipByte(0xf5)) return true
    if (reader.skipByte(0xf4)) return false
    throw new Mismatch(expected, reader.describe(reader.head()))
  }
  return scalar({ expected, check, read, write: (writer, value) => writer.byte(value ? 0xf5 : 0xf4) })
}

/** One of some words. */
export function choice<Word extends string>(...words: readonly Word[]): FieldType<Word> {
  const expected = words.map((word) => JSON.stringify(word)).join(', ')
  const check = (value: unknown): Word => {
    const found = words.find((word) => word === value)
    if (found !== undefined) return found
    throw new Mismatch(`one of ${expected}`, preview(value))
  }
  return scalar({
    expected: `one of ${expected}`,
    check,
    read: (reader) => check(reader.key(`one of ${expected}`)),
    write: (writer, value) => writer.text(value),
  })
}

/** An array of values of one type. */
export function list<Value>(lengthMin: number, lengthMax: number, type: FieldType<Value>): FieldType<readonly Value[]> {
  const expected = `an array of ${lengthMin} to ${lengthMax}: ${type.expected}`
  const checkLength = (length: number): void => {
    if (length < lengthMin || length > lengthMax) throw new Mismatch(`an array of ${lengthMin} to ${lengthMax} elements`, `${length}`)
  }
  const each = <From, To>(values: readonly From[], convert: (value: From) => To): To[] =>
    values.map((value, i) => {
      try {
        return convert(value)
      } catch (error) {
        throw located(error, i)
      }
    })
  return {
    expected,
    parts: () => [type as FieldType<unknown>],
    read(reader) {
      const length = reader.length(4, expected)
      checkLength(length)
      const values: Value[] = []
      for (let i = 0; i < length; i++) {
        try {
          values.push(type.read(reader))
        } catch (error) {
          throw located(error, i)
        }
      }
      return values
    },
    write(writer, values) {
      checkLength(values.length)
      writer.head(4, values.length)
      each(values, (value) => type.write(writer, value))
    },
    parse(json, source, name) {
      if (!Array.isArray(json)) throw new Mismatch(expected, preview(json))
      checkLength(json.length)
      return each(json as readonly unknown[], (value) => type.parse(value, source, name))
    },
    stringify(values) {
      checkLength(values.length)
      return `[${each(values, (value) => type.stringify(value)).join(',')}]`
    },
  }
}

/** A type that refers to itself: an error's cause is an error. */
export function lazy<Value>(expected: string, type: () => FieldType<Value>): FieldType<Value> {
  return {
    expected,
    parts: () => [type() as FieldType<unknown>],
    read: (reader) => type().read(reader),
    write: (writer, value) => type().write(writer, value),
    parse(json, source, name) {
      if (source.depth >= VALUE_DEPTH_MAX) throw new Mismatch(`at most ${VALUE_DEPTH_MAX} levels of nesting`, 'more')
      source.depth++
      const value = type().parse(json, source, name)
      source.depth--
      return value
    },
    stringify: (value) => type().stringify(value),
  }
}
