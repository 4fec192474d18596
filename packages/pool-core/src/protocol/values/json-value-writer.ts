import { toBase64 } from './base64.ts'
import { describeError } from './error-parts.ts'
import { typedArrayEntry } from './typed-arrays.ts'
import { toLittleEndian } from '../number-bytes.ts'
import { classify, isPoisonous } from './value-kind.ts'
import { entryKey, entryValue } from './value-trail.ts'
import type { ValueTrail } from './value-trail.ts'

/** The key that marks a value which JSON does not have. */
export const TYPE_KEY = '$type'

/** A tree that `JSON.stringify` writes without loss. */
export type JsonTree = null | boolean | number | string | JsonTree[] | { [key: string]: JsonTree }

/**
 * One value as JSON text (RFC 8259). What JSON lacks is an object with `$type`; an object of the user's own that has this key is
 * wrapped in `{"$type":"object","value":…}`. Throws `NOT_SERIALISABLE` with the path of what cannot travel.
 */
export function valueToJson(value: unknown, trail: ValueTrail): string {
  // The common cases, without a tree.
  if (typeof value === 'number' && Number.isFinite(value) && (value !== 0 || !Object.is(value, -0))) return String(value)
  return JSON.stringify(toJsonTree(value, trail))
}

/** A value as a tree for `JSON.stringify`. */
function toJsonTree(value: unknown, trail: ValueTrail): JsonTree {
  switch (typeof value) {
    case 'string':
      trail.weigh(value.length)
      return value
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && (value !== 0 || !Object.is(value, -0))
        ? value
        : typed('number', Object.is(value, -0) ? '-0' : String(value))
    case 'bigint':
      return typed('bigint', value.toString())
    case 'undefined':
      return { [TYPE_KEY]: 'undefined' }
    case 'object':
      return value === null ? null : objectTree(value, trail)
    case 'function':
    case 'symbol':
      return trail.refuse(`a ${typeof value}`)
  }
}

function typed(type: string, value: JsonTree): JsonTree {
  return { [TYPE_KEY]: type, value }
}

function objectTree(value: object, trail: ValueTrail): JsonTree {
  const classified = classify(value)
  switch (classified.kind) {
    case 'none':
      return trail.refuse(classified.what)
    case 'array':
      return arrayTree(value as readonly unknown[], trail)
    case 'object': {
      const tree = entriesTree(value as Readonly<Record<string, unknown>>, trail)
      return Object.hasOwn(tree, TYPE_KEY) ? typed('object', tree) : tree
    }
    case 'bytes':
      return typed('bytes', toBase64(value as Uint8Array))
    case 'typed':
      return typedArrayTree(value as ArrayBufferView<ArrayBuffer>, trail)
    case 'date': {
      const time = Date.prototype.getTime.call(value)
      return typed('date', Number.isNaN(time) ? null : new Date(time).toISOString())
    }
    case 'map':
      return mapTree(value as ReadonlyMap<unknown, unknown>, trail)
    case 'set':
      return typed('set', arrayTree(Array.from(value as ReadonlySet<unknown>), trail))
    case 'regexp':
      return { [TYPE_KEY]: 'regexp', value: (value as RegExp).source, flags: (value as RegExp).flags }
    case 'arraybuffer':
      return typed('arraybuffer', toBase64(new Uint8Array(value as ArrayBuffer)))
    case 'dataview': {
      const view = value as DataView
      return typed('dataview', toBase64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)))
    }
    case 'error':
      return errorTree(value as Error, trail)
  }
}

function arrayTree(array: readonly unknown[], trail: ValueTrail): JsonTree[] {
  const tree: JsonTree[] = []
  trail.enter(array)
  for (let i = 0; i < array.length; i++) {
    trail.at(i)
    trail.weigh(2)
    tree.push(toJsonTree(array[i], trail))
  }
  trail.leave()
  return tree
}

/** The object's own enumerable properties as they are; the caller wraps it where a key is `$type`. */
export function entriesTree(object: Readonly<Record<string, unknown>>, trail: ValueTrail): { [key: string]: JsonTree } {
  const tree: { [key: string]: JsonTree } = {}
  trail.enter(object)
  for (const key of Object.keys(object)) {
    trail.at(key)
    trail.weigh(2)
    const value = object[key]
    if (isPoisonous(key, value)) trail.refuse('a key that could change a prototype')
    tree[key] = toJsonTree(value, trail)
  }
  trail.leave()
  return tree
}

function mapTree(map: ReadonlyMap<unknown, unknown>, trail: ValueTrail): JsonTree {
  trail.enter(map)
  const entries = Array.from(map, ([key, value], i): JsonTree => {
    trail.at(entryKey(i))
    trail.weigh(2)
    const keyTree = toJsonTree(key, trail)
    trail.at(entryValue(i))
    return [keyTree, toJsonTree(value, trail)]
  })
  trail.leave()
  return typed('map', entries)
}

function typedArrayTree(array: ArrayBufferView<ArrayBuffer>, trail: ValueTrail): JsonTree {
  const entry = typedArrayEntry(array)
  if (entry === undefined) return trail.refuse('a typed array of an unknown class')
  return typed(entry.type, toBase64(toLittleEndian(array, entry.elementBytes)))
}

function errorTree(error: Error, trail: ValueTrail): JsonTree {
  trail.enter(error)
  const tree = entriesTree(describeError(error), trail)
  trail.leave()
  return typed('error', tree)
}
