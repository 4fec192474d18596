import { VALUE_DEPTH_MAX } from '../limits.ts'
import { located, Mismatch, preview } from '../mismatch.ts'
import { fromBase64 } from './base64.ts'
import { errorOf, regexp } from './cbor-value-reader.ts'
import { TYPE_KEY } from './json-value-writer.ts'
import { fromBytes, TYPED_ARRAYS } from './typed-arrays.ts'
import type { TypedArrayEntry } from './typed-arrays.ts'
import { isPoisonous } from './value-kind.ts'

/** The value of one JSON text, the counterpart of `valueToJson`. Throws `Mismatch` where it is not one. */
export function valueFromJson(text: string): unknown {
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    throw new Mismatch('JSON', preview(text))
  }
  return valueFromTree(tree)
}

/** The value that a fresh tree of `JSON.parse` stands for, which is used up. Throws `Mismatch` where there is none. */
export function valueFromTree(tree: unknown): unknown {
  return typeof tree === 'object' && tree !== null ? fromJsonTree(tree, 0) : tree
}

/**
 * The value that a fresh tree of `JSON.parse` stands for. The tree is used up: arrays and objects in it become parts of the value.
 * `depth` is how many containers enclose it.
 */
function fromJsonTree(tree: unknown, depth: number): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  // One more than for writing: a wrapped object takes two levels here.
  if (depth > VALUE_DEPTH_MAX * 2) throw new Mismatch(`at most ${VALUE_DEPTH_MAX} levels of nesting`, 'more')
  if (Array.isArray(tree)) return arrayOf(tree, depth)
  const object = tree as Record<string, unknown>
  return Object.hasOwn(object, TYPE_KEY) ? typedValue(object, depth) : objectOf(object, depth)
}

function arrayOf(array: unknown[], depth: number): unknown[] {
  for (let i = 0; i < array.length; i++) {
    const element = array[i]
    if (typeof element === 'object' && element !== null) array[i] = fromJsonTree(element, depth + 1)
  }
  return array
}

/** The object itself, with its values in place: all of its keys are ordinary ones. */
export function objectOf(object: Record<string, unknown>, depth: number): Record<string, unknown> {
  for (const key of Object.keys(object)) {
    const element = object[key]
    if (isPoisonous(key, element)) throw new Mismatch('keys that cannot change a prototype', preview(key))
    if (typeof element === 'object' && element !== null) object[key] = fromJsonTree(element, depth + 1)
  }
  return object
}

const TYPED_BY_TYPE: ReadonlyMap<string, TypedArrayEntry> = new Map(TYPED_ARRAYS.map((entry) => [entry.type, entry]))

function typedValue(object: Record<string, unknown>, depth: number): unknown {
  const type = object[TYPE_KEY]
  const { value } = object
  try {
    return typeof type === 'string' ? build(type, value, object, depth) : wrong('the name of a type in "$type"', type)
  } catch (error) {
    throw located(error, typeof type === 'string' && /^[a-z0-9]{1,20}$/.test(type) ? `<${type}>` : '<$type>')
  }
}

function build(type: string, value: unknown, object: Record<string, unknown>, depth: number): unknown {
  switch (type) {
    case 'undefined':
      return undefined
    case 'number':
      return specialNumber(value)
    case 'bigint':
      return /^-?[0-9]+$/.test(text(value)) ? BigInt(text(value)) : wrong('decimal digits', value)
    case 'date':
      return dateOf(value)
    case 'bytes':
      return bytesOf(value)
    case 'arraybuffer':
      return bytesOf(value).buffer
    case 'dataview':
      return new DataView(bytesOf(value).buffer)
    case 'regexp':
      return regexp(text(value), object['flags'] === undefined ? '' : text(object['flags']))
    case 'map':
      return mapOf(value, depth)
    case 'set':
      return new Set(arrayOf(list(value), depth + 1))
    case 'error':
      return errorOf(objectOf(plain(value), depth + 1))
    case 'object':
      return objectOf(plain(value), depth)
    default:
      return typedArrayOf(type, value)
  }
}

function typedArrayOf(type: string, value: unknown): ArrayBufferView {
  const entry = TYPED_BY_TYPE.get(type)
  if (entry === undefined) return wrong('a type of the table of values', type)
  const made = fromBytes(entry, bytesOf(value), false)
  if (made === undefined) throw new Mismatch(`bytes of ${entry.name}`, 'a length that does not fit its elements')
  return made
}

function mapOf(value: unknown, depth: number): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  for (const pair of list(value)) {
    if (!Array.isArray(pair) || pair.length !== 2) return wrong('pairs of key and value', pair)
    map.set(fromJsonTree(pair[0], depth + 1), fromJsonTree(pair[1], depth + 1))
  }
  return map
}

function specialNumber(value: unknown): number {
  if (value === 'NaN') return NaN
  if (value === 'Infinity') return Infinity
  if (value === '-Infinity') return -Infinity
  return value === '-0' ? -0 : wrong('"NaN", "Infinity", "-Infinity" or "-0"', value)
}

function dateOf(value: unknown): Date {
  const date = new Date(value === null ? NaN : text(value))
  return value !== null && Number.isNaN(date.getTime()) ? wrong('a date by ISO 8601', value) : date
}

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  return fromBase64(text(value)) ?? wrong('base64', value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : wrong('text in "value"', value)
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : wrong('an array in "value"', value)
}

function plain(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : wrong('an object in "value"', value)
}

function wrong(expected: string, found: unknown): never {
  throw new Mismatch(expected, preview(found))
}
