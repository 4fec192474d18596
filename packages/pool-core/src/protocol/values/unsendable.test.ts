import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ForkpoolError } from '../../base/errors.ts'
import { decodeItems } from '../item-decoding.ts'
import { encodeItems } from '../item-encoding.ts'
import { encodeItemsJson } from './encode-values.ts'
import { ITEM_BYTES_MAX } from '../limits.ts'

class Account {
  balance = 1
}

function cyclic(): unknown {
  const account: { name: string; list: unknown[] } = { name: 'x', list: [] }
  account.list.push({ owner: account })
  return account
}

function nested(levels: number): unknown {
  let value: unknown = 0
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

function sparse(): unknown {
  const array: number[] = []
  array[4_000_000_000] = 1
  return array
}

const own = (name: string, value: unknown): unknown => Object.defineProperty({}, name, { value, enumerable: true })

const CANNOT = 'which cannot be sent to or from a worker'

describe.each([
  ['encodeItems', encodeItems],
  ['encodeItemsJson', encodeItemsJson],
] as const)('%s', (_name, encode) => {
  it.each<[string, unknown, string]>([
    ['a function', () => 1, `items[1] is a function, ${CANNOT}`],
    ['a class', Account, `items[1] is a function, ${CANNOT}`],
    ['a symbol', Symbol('x'), `items[1] is a symbol, ${CANNOT}`],
    ['a method', { a: [{ 'odd key': Math.sin }] }, `items[1].a[0]["odd key"] is a function, ${CANNOT}`],
    ['an instance', { account: new Account() }, `items[1].account is an instance of class Account, ${CANNOT}`],
    ['an instance of a platform class', [new URL('http://localhost')], `items[1][0] is an instance of class URL, ${CANNOT}`],
    ['a boxed number', Object(1), `items[1] is an instance of class Number, ${CANNOT}`],
    ['a promise', Promise.resolve(1), `items[1] is a Promise, ${CANNOT}`],
    ['a WeakMap', new WeakMap(), `items[1] is a WeakMap, ${CANNOT}`],
    ['an instance without a class name', Object.create(Object.create({})), `items[1] is an instance of class Object, ${CANNOT}`],
    ['shared memory', new SharedArrayBuffer(8), `items[1] is shared memory, ${CANNOT}`],
    ['a view of shared memory', new Int32Array(new SharedArrayBuffer(8)), `items[1] is a view of shared memory, ${CANNOT}`],
    ["a Map's value", new Map<unknown, unknown>([['k', Math.sin]]), `items[1]<value 0> is a function, ${CANNOT}`],
    [
      "a Map's key",
      new Map<unknown, unknown>([
        ['k', 1],
        [{ f: Math.sin }, 1],
      ]),
      `items[1]<key 1>.f is a function, ${CANNOT}`,
    ],
    ["a Set's element", new Set<unknown>([1, Math.sin]), `items[1][1] is a function, ${CANNOT}`],
    ["an error's property", Object.assign(new Error('x'), { retry: Math.sin }), `items[1].properties.retry is a function, ${CANNOT}`],
    ['__proto__', own('__proto__', 1), `items[1].__proto__ is a key that could change a prototype, ${CANNOT}`],
    [
      'constructor.prototype',
      own('constructor', { prototype: {} }),
      `items[1].constructor is a key that could change a prototype, ${CANNOT}`,
    ],
    ['a cycle', cyclic(), `items[1].list[0].owner is a reference to an object that contains it, ${CANNOT}`],
    ['deep nesting', nested(300), 'items[1] is nested deeper than 256 levels'],
    ['four billion holes', sparse(), `items[1] is larger than ${ITEM_BYTES_MAX} bytes`],
    ['a large string', ['x'.repeat(ITEM_BYTES_MAX)], `items[1] is larger than ${ITEM_BYTES_MAX} bytes`],
    ['a large item', new Uint8Array(ITEM_BYTES_MAX), `items[1] is larger than ${ITEM_BYTES_MAX} bytes`],
    [
      'a getter that throws',
      {
        list: [
          {
            get trap(): never {
              throw new Error('no')
            },
          },
        ],
      },
      'items[1].list[0].trap threw while it was read',
    ],
  ])('refuses %s', (_what, value, message) => {
    let thrown: unknown
    try {
      encode(['good', value])
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ForkpoolError)
    expect(thrown).toMatchObject({ code: 'NOT_SERIALISABLE', message })
    // Nothing of the failed attempt is left behind.
    expect(decodeItems(encode(['good', { a: 1 }]))).toEqual(['good', { a: 1 }])
  })

  it('keeps what a getter threw as the cause', () => {
    const cause = new Error('the reason')
    const value = {
      get trap(): never {
        throw cause
      },
    }
    expect(() => encode([value])).toThrow(expect.objectContaining({ cause }))
  })

  it('takes the deepest value that may travel, and an object that stands twice', () => {
    expect(decodeItems(encode([nested(256)]))).toEqual([nested(256)])
    const shared = { a: 1 }
    expect(decodeItems(encode([[shared, shared]]))).toEqual([[{ a: 1 }, { a: 1 }]])
    const deepSets = Array.from({ length: 255 }).reduce<unknown>((inner) => new Set([inner]), 'x')
    expect(decodeItems(encode([deepSets]))).toEqual([deepSets])
    const deepMaps = Array.from({ length: 255 }).reduce<unknown>((inner) => new Map([['k', inner]]), 'x')
    expect(decodeItems(encode([deepMaps]))).toEqual([deepMaps])
    const deepTyped = Array.from({ length: 255 }).reduce<unknown>((inner) => ({ $type: inner }), 'x')
    expect(decodeItems(encode([deepTyped]))).toEqual([deepTyped])
    const deepErrors = Array.from({ length: 120 }).reduce<Error>((inner) => new Error('x', { cause: inner }), new Error('x'))
    expect(decodeItems(encode([deepErrors]))).toEqual([deepErrors])
  })

  it('takes subclasses of built-in classes as these, and objects without a prototype as plain', () => {
    class Names extends Map<string, number> {}
    class Failure extends RangeError {}
    const bare: unknown = Object.assign(Object.create(null) as object, { a: 1 })
    const [map, bytes, error, plain] = decodeItems(encode([new Names([['a', 1]]), Buffer.from('ab'), new Failure('no'), bare]))
    expect(map).toStrictEqual(new Map([['a', 1]]))
    expect(bytes).toStrictEqual(new Uint8Array([97, 98]))
    expect(error).toMatchObject({ name: 'Failure', message: 'no' })
    expect(plain).toStrictEqual({ a: 1 })
  })

  it('takes plain objects and arrays of another realm', () => {
    const foreign: unknown = runInContext('({ a: [1, { b: "x" }] })', createContext())
    expect(decodeItems(encode([foreign]))).toStrictEqual([{ a: [1, { b: 'x' }] }])
  })

  it('keeps an error with its stack, cause, members and own properties', () => {
    const error = Object.assign(new RangeError('no', { cause: { status: 404 } }), { code: 'E_NO', path: '/x' })
    const many = new AggregateError([error, 'text'], 'many')
    const [one, two] = decodeItems(encode([error, many])) as [RangeError & { code: string; path: string }, AggregateError]
    expect(one).toBeInstanceOf(RangeError)
    expect(one).toMatchObject({ message: 'no', stack: error.stack, cause: { status: 404 }, code: 'E_NO', path: '/x' })
    expect(two).toBeInstanceOf(AggregateError)
    expect(two.errors).toEqual([error, 'text'])
  })
})

describe('JSON items', () => {
  it.each([
    ['{"$type":"x"}', 'items[0]<x>: expected a type of the table of values, got "x"'],
    ['{"$type":1}', 'items[0]<$type>: expected the name of a type in "$type", got 1'],
    ['{"$type":"bigint","value":"1.5"}', 'items[0]<bigint>: expected decimal digits, got "1.5"'],
    ['{"$type":"bigint","value":5}', 'items[0]<bigint>: expected text in "value", got 5'],
    ['{"$type":"number","value":"5"}', 'items[0]<number>: expected "NaN", "Infinity", "-Infinity" or "-0", got "5"'],
    ['{"$type":"date","value":"soon"}', 'items[0]<date>: expected a date by ISO 8601, got "soon"'],
    ['{"$type":"bytes","value":"*"}', 'items[0]<bytes>: expected base64, got "*"'],
    ['{"$type":"bytes","value":"A"}', 'items[0]<bytes>: expected base64, got "A"'],
    [
      '{"$type":"int16array","value":"AA=="}',
      'items[0]<int16array>: expected bytes of Int16Array, got a length that does not fit its elements',
    ],
    ['{"$type":"map","value":[1]}', 'items[0]<map>: expected pairs of key and value, got 1'],
    ['{"$type":"set","value":{}}', 'items[0]<set>: expected an array in "value", got an object'],
    ['{"$type":"object","value":[]}', 'items[0]<object>: expected an object in "value", got an array'],
    ['{"$type":"regexp","value":"("}', 'items[0]<regexp>: expected a regular expression, got "(" with flags ""'],
    ['{"$type":"error","value":{"name":"Error"}}', 'items[0]<error>: expected an error with a message, got undefined'],
    ['{"a":{"__proto__":1}}', 'items[0]: expected keys that cannot change a prototype, got "__proto__"'],
    ['{"constructor":{"prototype":1}}', 'items[0]: expected keys that cannot change a prototype, got "constructor"'],
    ['{"$type":"object","value":{"__proto__":1}}', 'items[0]<object>: expected keys that cannot change a prototype, got "__proto__"'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'items[0]: expected at most 256 levels of nesting, got more'],
  ])('refuses %s', (json, message) => {
    const bytes = new TextEncoder().encode(json)
    const block = { count: 1, codec: 'json', offsets: Uint32Array.from([0, bytes.length]), bytes } as const
    expect(() => decodeItems(block)).toThrow(new ForkpoolError('BAD_MESSAGE', message))
  })
})
