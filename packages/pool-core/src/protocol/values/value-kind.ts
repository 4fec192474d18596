/** What a value that is an object is to the protocol. A subclass of a built-in class travels as the built-in (structured cloning's rule). */
export type ObjectKind = 'array' | 'object' | 'map' | 'set' | 'date' | 'regexp' | 'error' | 'bytes' | 'typed' | 'arraybuffer' | 'dataview'

/** The kind of an object, or why it has none. */
export type Classified = { readonly kind: ObjectKind } | { readonly kind: 'none'; readonly what: string }

const ARRAY: Classified = { kind: 'array' }
const OBJECT: Classified = { kind: 'object' }
const BYTES: Classified = { kind: 'bytes' }
const TYPED: Classified = { kind: 'typed' }

/** Recognises what can travel: the structured-cloneable built-ins, arrays and plain objects; nothing that has a class of its own. */
export function classify(value: object): Classified {
  if (Array.isArray(value)) return ARRAY
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return OBJECT
  if (ArrayBuffer.isView(value)) {
    if (!(value.buffer instanceof ArrayBuffer)) return { kind: 'none', what: 'a view of shared memory' }
    if (value instanceof Uint8Array) return BYTES
    return value instanceof DataView ? { kind: 'dataview' } : TYPED
  }
  if (value instanceof Map) return { kind: 'map' }
  if (value instanceof Set) return { kind: 'set' }
  if (value instanceof Date) return { kind: 'date' }
  if (value instanceof Error) return { kind: 'error' }
  if (value instanceof RegExp) return { kind: 'regexp' }
  if (value instanceof ArrayBuffer) return { kind: 'arraybuffer' }
  // Plain objects of another realm (a `vm` context, a frame): their prototype is a root too.
  if (Object.getPrototypeOf(prototype) === null && Object.prototype.toString.call(value) === '[object Object]') {
    if (className(value) === 'Object') return OBJECT
  }
  return { kind: 'none', what: describeInstance(value) }
}

function describeInstance(value: object): string {
  const name = className(value)
  if (name === 'Promise' || name === 'WeakMap' || name === 'WeakSet' || name === 'WeakRef') return `a ${name}`
  if (name === 'SharedArrayBuffer') return 'shared memory'
  return name === '' ? 'an instance of a class without a name' : `an instance of class ${name}`
}

/** The name of the value's constructor; empty when it has none. */
export function className(value: object): string {
  const { constructor } = value
  return typeof constructor === 'function' && typeof constructor.name === 'string' ? constructor.name : ''
}

/**
 * Whether an entry could change a prototype where the object is copied or merged carelessly: the key `__proto__`, or `constructor`
 * with an object that has `prototype`. Such an object is refused at both ends. Source: the rule of npm's `secure-json-parse`.
 */
export function isPoisonous(key: string, value: unknown): boolean {
  if (key === '__proto__') return true
  return key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}
