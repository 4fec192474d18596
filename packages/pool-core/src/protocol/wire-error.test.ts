import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ForkpoolError } from '../base/errors.ts'
import { decodeWorkerMessage, encodeWorkerMessage } from './worker-frame.ts'
import { ERROR_CAUSES_MAX, ERROR_MEMBERS_MAX, ERROR_PROPERTIES_BYTES_MAX, ERROR_TEXT_MAX } from './limits.ts'
import { fromWireError, toWireError, wireErrorBytes } from './wire-error.ts'
import type { WireError } from './wire-error.ts'

class PaymentDeclined extends Error {
  readonly amount: number
  constructor(message: string, amount: number) {
    super(message)
    this.amount = amount
  }
}

/** As it arrives. */
function travelled(thrown: unknown): WireError {
  const message = decodeWorkerMessage(encodeWorkerMessage({ kind: 'broken', error: toWireError(thrown) }))
  if (message.kind !== 'broken') throw new Error(message.kind)
  return message.error
}

describe('toWireError and fromWireError', () => {
  it('keep class name, message, stack, own properties and cause', () => {
    const cause = new TypeError('deep')
    const error = Object.assign(new PaymentDeclined('no money', 12), { when: new Date(5), cause })
    const wire = travelled(error)
    expect(wire).toStrictEqual({
      name: 'PaymentDeclined',
      message: 'no money',
      stack: error.stack,
      properties: { amount: 12, when: new Date(5) },
      cause: { name: 'TypeError', message: 'deep', stack: cause.stack },
    })
    const rebuilt = fromWireError(wire)
    expect(rebuilt).toBeInstanceOf(Error)
    expect(rebuilt).toMatchObject({ name: 'PaymentDeclined', message: 'no money', stack: error.stack, amount: 12, when: new Date(5) })
    expect(rebuilt.cause).toBeInstanceOf(TypeError)
    expect(String(rebuilt)).toBe('PaymentDeclined: no money')
    expect(Object.keys(rebuilt)).toEqual(['amount', 'when'])
  })

  it.each([
    [new RangeError('x'), 'RangeError', RangeError],
    [new TypeError('x'), 'TypeError', TypeError],
    [new SyntaxError('x'), 'SyntaxError', SyntaxError],
    [new DOMException('x', 'AbortError'), 'AbortError', Error],
    [new (class extends RangeError {})('x'), 'RangeError', RangeError],
    [new (class TooFar extends RangeError {})('x'), 'TooFar', Error],
    [Object.assign(new Error('x'), { name: 'Named' }), 'Named', Error],
    [Object.assign(new Error('x'), { name: '' }), 'Error', Error],
    [Object.assign(new Error('x'), { name: 5 }), 'Error', Error],
  ])('name the class of %s', (error, name, Class) => {
    const rebuilt = fromWireError(travelled(error))
    expect(rebuilt.name).toBe(name)
    expect(rebuilt).toBeInstanceOf(Class)
  })

  it("keep Forkpool's own errors with their code", () => {
    const rebuilt = fromWireError(travelled(new ForkpoolError('TASK_UNKNOWN', 'no task "sqare"')))
    expect(rebuilt).toBeInstanceOf(ForkpoolError)
    expect(rebuilt).toMatchObject({ code: 'TASK_UNKNOWN', message: 'no task "sqare"', retryable: false })
    expect(Object.keys(travelled(new ForkpoolError('DRAINING')))).not.toContain('properties')
  })

  it("do not take a user's code for one of Forkpool's", () => {
    const wire = travelled(Object.assign(new Error('gone'), { code: 'DRAINING' }))
    expect(wire).toMatchObject({ properties: { code: 'DRAINING' } })
    expect(wire.code).toBeUndefined()
    expect(fromWireError(wire)).not.toBeInstanceOf(ForkpoolError)
    expect(fromWireError(wire)).toMatchObject({ code: 'DRAINING' })
    expect(fromWireError({ name: 'X', message: 'm', code: 'toString' })).not.toBeInstanceOf(ForkpoolError)
  })

  it('keep the members of an AggregateError', () => {
    const rebuilt = fromWireError(travelled(new AggregateError([new RangeError('a'), 'b'], 'both')))
    expect(rebuilt).toBeInstanceOf(AggregateError)
    expect((rebuilt as AggregateError).errors).toMatchObject([
      { name: 'RangeError', message: 'a' },
      { name: 'NonError', message: 'b', thrown: 'b' },
    ])
  })

  it('know errors of another realm', () => {
    const wire = travelled(runInNewContext('new RangeError("far away")'))
    expect(wire).toMatchObject({ name: 'RangeError', message: 'far away' })
  })

  it.each<[unknown, WireError]>([
    ['text', { name: 'NonError', message: 'text', properties: { thrown: 'text' } }],
    ['', { name: 'NonError', message: '', properties: { thrown: '' } }],
    [null, { name: 'NonError', message: 'null', properties: { thrown: null } }],
    [undefined, { name: 'NonError', message: 'undefined', properties: { thrown: undefined } }],
    [404, { name: 'NonError', message: '404', properties: { thrown: 404 } }],
    [12n, { name: 'NonError', message: '12', properties: { thrown: 12n } }],
    [
      { message: 'as if', status: 404 },
      { name: 'NonError', message: 'as if', properties: { thrown: { message: 'as if', status: 404 } } },
    ],
    [Symbol('s'), { name: 'NonError', message: 'Symbol(s)', dropped: ['thrown is a symbol, which cannot be sent to or from a worker'] }],
  ])('take a thrown %s', (thrown, wire) => {
    expect(travelled(thrown)).toStrictEqual(wire)
    expect(fromWireError(travelled(thrown))).toBeInstanceOf(Error)
  })

  it('drop properties that cannot travel, and say so', () => {
    const error = Object.assign(new Error('x'), { good: 1, callback: () => 1, nested: { socket: new WeakMap() }, big: 'x'.repeat(50_000) })
    Object.defineProperty(error, 'trap', {
      enumerable: true,
      get() {
        throw new Error('trap')
      },
    })
    const wire = travelled(error)
    expect(wire.properties).toEqual({ good: 1 })
    expect(wire.dropped).toEqual([
      'callback is a function, which cannot be sent to or from a worker',
      'nested.socket is a WeakMap, which cannot be sent to or from a worker',
      'big: 50003 bytes are too many',
      'trap: its getter threw',
    ])
    expect(fromWireError(wire)).toMatchObject({ droppedProperties: wire.dropped })
  })

  it('copy: what the thrower does later changes nothing', () => {
    const list = [1]
    const wire = toWireError(Object.assign(new Error('x'), { list }))
    list.push(2)
    expect(wire.properties).toEqual({ list: [1] })
  })

  it('never throw, whatever the error does', () => {
    const throwing = (): never => {
      throw new Error('trap')
    }
    const traps = { get: throwing, getPrototypeOf: throwing, ownKeys: throwing, has: throwing, getOwnPropertyDescriptor: throwing }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const hostile = new Error('x')
    for (const key of ['name', 'message', 'stack', 'cause', 'constructor'])
      Object.defineProperty(hostile, key, { get: throwing, enumerable: true })
    const sly = {
      [Symbol.toPrimitive]: throwing,
      get message(): never {
        return throwing()
      },
    }
    const selfish = new Error('self')
    selfish.cause = selfish
    const members = new AggregateError([], 'm')
    Object.defineProperty(members, 'errors', { get: throwing })
    for (const thrown of [
      new Proxy(new Error('x'), traps),
      new Proxy({}, traps),
      revoked.proxy,
      hostile,
      sly,
      selfish,
      members,
      Object.create(null),
    ]) {
      const wire = travelled(thrown)
      expect(wire.name).not.toBe('')
      expect(fromWireError(wire)).toBeInstanceOf(Error)
    }
  })

  it('bound the depth of causes, and say so', () => {
    let error = new Error('0')
    for (let i = 1; i < 20; i++) error = new Error(`${i}`, { cause: error })
    let wire: WireError | undefined = travelled(error)
    for (let i = 0; i < ERROR_CAUSES_MAX; i++) wire = wire?.cause
    expect(wire).toMatchObject({ message: `${19 - ERROR_CAUSES_MAX}`, dropped: [`cause: deeper than ${ERROR_CAUSES_MAX} levels`] })
    expect(wire?.cause).toBeUndefined()
  })

  it('bound the size of every part, and of the whole', () => {
    const wire = travelled(new Error('m'.repeat(100_000)))
    expect(wire.message).toBe(`${'m'.repeat(ERROR_TEXT_MAX)}… (${100_000 - ERROR_TEXT_MAX} characters more)`)
    const many = travelled(new AggregateError(Array.from({ length: 100 }, (_, i) => new Error(`${i}`))))
    expect(many.errors).toHaveLength(ERROR_MEMBERS_MAX)
    expect(many.dropped).toEqual([`errors: ${100 - ERROR_MEMBERS_MAX} of 100`])
    const fat = (): Error => Object.assign(new Error('x'.repeat(9000)), { list: new Uint8Array(ERROR_PROPERTIES_BYTES_MAX - 100) })
    const nest = (levels: number): Error =>
      levels === 0
        ? fat()
        : new AggregateError(
            Array.from({ length: 20 }, () => nest(levels - 1)),
            'x'.repeat(9000),
          )
    const frame = encodeWorkerMessage({ kind: 'broken', error: toWireError(nest(3)) })
    expect(frame.length).toBeLessThan(200_000)
    const wide = Object.assign(new Error('x'), Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`p${i}`, i])))
    expect(Object.keys(travelled(wide).properties ?? {})).toHaveLength(64)
    expect(travelled(wide).dropped).toEqual(['436 of 500 properties'])
  })

  it('leave prototypes alone', () => {
    const error = Object.defineProperty(new Error('x'), '__proto__', { value: { polluted: true }, enumerable: true })
    const rebuilt = fromWireError(travelled(error))
    expect(Object.getPrototypeOf(rebuilt)).toBe(Error.prototype)
    expect(
      fromWireError({ name: 'X', message: 'm', properties: JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown> }),
    ).not.toHaveProperty('polluted')
  })

  it('tell how many bytes an error takes, never too few', () => {
    for (const thrown of [
      new Error('é'.repeat(100)),
      Object.assign(new Error('x', { cause: 'y' }), { list: [1, 'a'], f: () => 1 }),
      'text',
    ]) {
      const error = toWireError(thrown)
      expect(encodeWorkerMessage({ kind: 'broken', error }).length).toBeLessThanOrEqual(wireErrorBytes(error))
    }
  })
})
