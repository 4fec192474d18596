import { assert } from '../../base/assert.ts'
import { beginWriter } from '../cbor/cbor-writer.ts'
import type { CborReader } from '../cbor/cbor-reader.ts'
import type { CborWriter } from '../cbor/cbor-writer.ts'
import { located, Mismatch, preview } from '../mismatch.ts'
import type { FieldType, JsonSource } from './field-type.ts'

/** A field of a message: what it holds, whether it may be absent, and one sentence on its meaning for docs/protocol.md. */
export interface Field<Value, Optional extends boolean = boolean> {
  readonly type: FieldType<Value>
  readonly optional: Optional
  readonly doc: string
}

export function required<Value>(type: FieldType<Value>, doc: string): Field<Value, false> {
  return { type, optional: false, doc }
}

export function optional<Value>(type: FieldType<Value>, doc: string): Field<Value, true> {
  return { type, optional: true, doc }
}

/** The fields of `Shape`, each by its type: the table does not compile when the interface says something else. */
export type FieldsOf<Shape> = {
  readonly [Name in keyof Shape]-?: undefined extends Shape[Name] ? Field<Exclude<Shape[Name], undefined>, true> : Field<Shape[Name], false>
}

/** What must hold between the fields. */
export interface Rule<Shape> {
  /** `values.count + failures.length = count` */
  readonly text: string
  readonly holds: (value: Shape) => boolean
}

/** A field with what reading and writing it needs at hand. */
interface Slot {
  readonly name: string
  readonly type: FieldType<unknown>
  readonly optional: boolean
  /** The name as it stands in CBOR, head and all, and in JSON, with the colon. */
  readonly key: Uint8Array
  readonly label: string
}

type Loose = Record<string, unknown>

/** Head of a map without entries. The sizes of small maps are in the head's low bits, so it can be written first and filled in later. */
export const EMPTY_MAP = 0xa0

/** Beside `kind`, so many fields fit into such a head. */
const FIELDS_MAX = 22

/** A map with known text keys. Keys that it does not know are passed over; a null stands for an absent optional field. */
export class Struct<Shape extends object> implements FieldType<Shape> {
  readonly expected: string
  readonly fields: FieldsOf<Shape>
  readonly rules: readonly Rule<Shape>[]
  readonly #slots: readonly Slot[]
  readonly #byName: ReadonlyMap<string, number>

  constructor(expected: string, fields: FieldsOf<Shape>, rules: readonly Rule<Shape>[] = []) {
    this.expected = expected
    this.fields = fields
    this.rules = rules
    this.#slots = this.table.map(([name, field]) => ({
      name,
      type: field.type,
      optional: field.optional,
      key: encodeKey(name),
      label: `${JSON.stringify(name)}:`,
    }))
    assert(this.#slots.length <= FIELDS_MAX, `${expected} has at most ${FIELDS_MAX} fields`)
    this.#byName = new Map(this.#slots.map(({ name }, i) => [name, i]))
  }

  /** The fields by name, in the table's order. */
  get table(): readonly (readonly [string, Field<unknown>])[] {
    return Object.entries<Field<unknown>>(this.fields as unknown as Record<string, Field<unknown>>)
  }

  readonly parts = (): readonly FieldType<unknown>[] => this.#slots.map(({ type }) => type)

  read(reader: CborReader): Shape {
    const length = reader.length(5, this.expected)
    reader.enter()
    const value = this.readFields(reader, length, {})
    reader.leave()
    return value
  }

  /** Reads so many entries of a map into `into`, which may have other properties already. */
  readFields(reader: CborReader, length: number, into: object): Shape {
    const out = into as Loose
    let seen = 0
    let next = 0
    for (let i = 0; i < length; i++) {
      const index = this.#match(reader, next)
      const slot = this.#slots[index]
      if (slot === undefined) {
        reader.skip()
        continue
      }
      next = index + 1
      if (slot.optional && (reader.skipByte(0xf6) || reader.skipByte(0xf7))) continue
      try {
        out[slot.name] = slot.type.read(reader)
      } catch (error) {
        throw located(error, slot.name)
      }
      seen |= 1 << index
    }
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[i] as Slot
      if (!slot.optional && (seen & (1 << i)) === 0) throw missing(slot)
    }
    return this.#checked(out as Shape)
  }

  write(writer: CborWriter, value: Shape): void {
    const start = writer.length
    writer.byte(EMPTY_MAP)
    writer.patch(start, EMPTY_MAP | this.writeFields(writer, value))
  }

  /** Writes the entries of a map, and returns how many; the head is the caller's. */
  writeFields(writer: CborWriter, value: Shape): number {
    let count = 0
    for (const slot of this.#slots) {
      const field = (value as Loose)[slot.name]
      if (field === undefined) {
        if (!slot.optional) throw missing(slot)
        continue
      }
      count++
      writer.raw(slot.key)
      try {
        slot.type.write(writer, field)
      } catch (error) {
        throw located(error, slot.name)
      }
    }
    return count
  }

  parse(json: unknown, source: JsonSource, _name?: string, into: object = {}): Shape {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Mismatch(this.expected, preview(json))
    const out = into as Loose
    for (const slot of this.#slots) {
      const field = Object.hasOwn(json, slot.name) ? (json as Loose)[slot.name] : undefined
      if (field === undefined || (field === null && slot.optional)) {
        if (!slot.optional) throw missing(slot)
        continue
      }
      try {
        out[slot.name] = slot.type.parse(field, source, slot.name)
      } catch (error) {
        throw located(error, slot.name)
      }
    }
    return this.#checked(out as Shape)
  }

  stringify(value: Shape): string {
    return `{${this.stringifyFields(value)}}`
  }

  /** The fields as they stand between the braces. */
  stringifyFields(value: Shape): string {
    let json = ''
    for (const slot of this.#slots) {
      const field = (value as Loose)[slot.name]
      if (field === undefined) {
        if (!slot.optional) throw missing(slot)
        continue
      }
      try {
        json += `${json === '' ? '' : ','}${slot.label}${slot.type.stringify(field)}`
      } catch (error) {
        throw located(error, slot.name)
      }
    }
    return json
  }

  #checked(value: Shape): Shape {
    for (const rule of this.rules) if (!rule.holds(value)) throw new Mismatch(rule.text, 'something else')
    return value
  }

  /** The slot whose key comes next, and moves past the key; −1 for an unknown one. Fields usually come in the table's order. */
  #match(reader: CborReader, next: number): number {
    const count = this.#slots.length
    for (let tried = 0, index = next; tried < count; tried++, index++) {
      if (index >= count) index -= count
      if (reader.skipBytes((this.#slots[index] as Slot).key)) return index
    }
    // Unknown, or written with a longer head than needed.
    return this.#byName.get(reader.text('a text key')) ?? -1
  }
}

function missing({ name, type }: Slot): Mismatch {
  return new Mismatch(type.expected, 'nothing: the field is missing').inside(name) as Mismatch
}

/** A text as it stands in CBOR. */
export function encodeKey(name: string): Uint8Array {
  const writer = beginWriter(name.length + 8, 1024)
  writer.text(name)
  return writer.finish().slice()
}
