import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ForkpoolError } from '../base/errors.ts'
import {
  BOUNDED,
  PATIENT,
  anyBlock,
  anyClientMessage,
  anyCoordinatorMessage,
  anyJsonBlock,
  anyServerMessage,
  anyWorkerMessage,
} from '../../test/protocol-arbitraries.ts'
import {
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeClientParts,
  encodeServerMessage,
  encodeServerParts,
} from './client-frame.ts'
import { decodeCoordinatorMessage, decodeWorkerMessage, encodeCoordinatorMessage, encodeWorkerMessage } from './worker-frame.ts'
import type { FrameParts } from './worker-frame.ts'
import { encodeItems } from './item-encoding.ts'

function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}

/** As a socket gives it: a `Buffer` somewhere inside of a larger one. */
function received(frame: Uint8Array | string): Uint8Array | string {
  return typeof frame === 'string' ? frame : Buffer.concat([Buffer.from([1, 2, 3]), frame, Buffer.from([4])]).subarray(3, 3 + frame.length)
}

it('every client message comes back as it was, in both dialects', PATIENT, () => {
  fc.assert(
    fc.property(anyClientMessage(anyBlock), (message) => {
      expectSame(decodeClientMessage(received(encodeClientMessage(message, 'cbor')), 'cbor'), message)
    }),
    BOUNDED,
  )
  fc.assert(
    fc.property(anyClientMessage(anyJsonBlock), (message) => {
      const frame = encodeClientMessage(message, 'json')
      expectSame(decodeClientMessage(frame, 'json'), message)
      expectSame(decodeClientMessage(new TextEncoder().encode(frame as string), 'json'), message)
    }),
    BOUNDED,
  )
})

it('every server message comes back as it was, in both dialects', PATIENT, () => {
  fc.assert(
    fc.property(anyServerMessage(anyBlock), (message) => {
      expectSame(decodeServerMessage(received(encodeServerMessage(message, 'cbor')), 'cbor'), message)
    }),
    BOUNDED,
  )
  fc.assert(
    fc.property(anyServerMessage(anyJsonBlock), (message) => {
      expectSame(decodeServerMessage(encodeServerMessage(message, 'json'), 'json'), message)
    }),
    BOUNDED,
  )
})

it('every message between coordinator and worker comes back as it was', PATIENT, () => {
  fc.assert(
    fc.property(anyWorkerMessage, (message) => {
      expectSame(decodeWorkerMessage(received(encodeWorkerMessage(message)) as Uint8Array), message)
    }),
    BOUNDED,
  )
  fc.assert(
    fc.property(anyCoordinatorMessage, (message) => {
      expectSame(decodeCoordinatorMessage(received(encodeCoordinatorMessage(message)) as Uint8Array), message)
    }),
    BOUNDED,
  )
})

const decoders: readonly ((frame: Uint8Array) => unknown)[] = [
  (frame) => decodeClientMessage(frame, 'cbor'),
  (frame) => decodeClientMessage(frame, 'json'),
  (frame) => decodeServerMessage(frame, 'cbor'),
  (frame) => decodeServerMessage(frame, 'json'),
  decodeWorkerMessage,
  decodeCoordinatorMessage,
]

/** What the decoder makes of it: a message of a known kind, or `BAD_MESSAGE`; anything else fails the test. */
function expectMessageOrRefusal(decode: () => unknown): void {
  try {
    expect(decode()).toMatchObject({ kind: expect.any(String) as string })
  } catch (error) {
    if (!(error instanceof ForkpoolError) || error.code !== 'BAD_MESSAGE') throw error
    expect(error.message).toMatch(/^[a-z]+(\S*): expected .+, got /s)
  }
}

const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).toSorted()

it('any bytes are a message or BAD_MESSAGE, and leave Object.prototype alone', PATIENT, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of decoders) expectMessageOrRefusal(() => decode(bytes))
    }),
    { numRuns: 1000, ...BOUNDED },
  )
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(prototypeKeys)
})

it('any damage to a good frame is a message or BAD_MESSAGE', PATIENT, () => {
  const frame = fc.oneof(
    anyClientMessage(anyBlock).map((message) => encodeClientMessage(message, 'cbor')),
    anyServerMessage(anyBlock).map((message) => encodeServerMessage(message, 'cbor')),
    anyWorkerMessage.map(encodeWorkerMessage),
    anyCoordinatorMessage.map(encodeCoordinatorMessage),
    anyClientMessage(anyJsonBlock).map((message) => encodeClientMessage(message, 'json')),
    anyServerMessage(anyJsonBlock).map((message) => encodeServerMessage(message, 'json')),
  )
  const damage = fc.array(fc.tuple(fc.constantFrom('set', 'cut', 'insert'), fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(frame, damage, (good, wounds) => {
      let bytes = [...(typeof good === 'string' ? new TextEncoder().encode(good) : good)]
      for (const [kind, place, value] of wounds) {
        const at = place % (bytes.length + 1)
        if (kind === 'set' && at < bytes.length) bytes[at] = value
        if (kind === 'cut') bytes = bytes.slice(0, at)
        if (kind === 'insert') bytes.splice(at, 0, value)
      }
      for (const decode of decoders) expectMessageOrRefusal(() => decode(Uint8Array.from(bytes)))
    }),
    { numRuns: 150, ...BOUNDED },
  )
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(prototypeKeys)
})

it('any JSON is a message or BAD_MESSAGE', PATIENT, () => {
  const field = fc.constantFrom(
    'kind',
    'batch',
    'task',
    'items',
    'values',
    'error',
    'name',
    'message',
    'count',
    'from',
    '__proto__',
    'constructor',
  )
  const value = fc.oneof(fc.constantFrom('submit', 'items', 'results', 'refused', 'hello', 1, -1, 0.5, null), fc.jsonValue())
  const object = fc.array(fc.tuple(field, value), { maxLength: 8 }).map((pairs) => {
    return `{${pairs.map(([name, some]) => `${JSON.stringify(name)}:${JSON.stringify(some)}`).join(',')}}`
  })
  fc.assert(
    fc.property(fc.oneof(object, fc.json(), fc.string()), (text) => {
      expectMessageOrRefusal(() => decodeClientMessage(text, 'json'))
      expectMessageOrRefusal(() => decodeServerMessage(text, 'json'))
    }),
    { numRuns: 2000, ...BOUNDED },
  )
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(prototypeKeys)
})

it('is the same frame in parts, and a large block is one of them', () => {
  const large = fc.integer({ min: 2_100, max: 5_000 }).map((count) => encodeItems(Array.from({ length: count }, (_, i) => i / 3)))
  const texts = fc.integer({ min: 5_000, max: 9_000 }).map((count) => encodeItems(Array.from({ length: count }, (_, i) => `item ${i}`)))
  const block = fc.oneof(large, texts)
  const summary = { outcome: 'completed', completed: 7, failed: 0, cancelled: 0, wallMs: 1.5, runMs: 1, workers: 1 } as const
  fc.assert(
    fc.property(block, fc.nat(70_000), (items, n) => {
      const messages: readonly (readonly [Uint8Array | string, Uint8Array | FrameParts])[] = [
        pairOf(encodeClientMessage, encodeClientParts, { kind: 'items', batch: n + 1, items, end: true }),
        pairOf(encodeClientMessage, encodeClientParts, { kind: 'submit', batch: n + 1, task: 't', items, total: n, end: true }),
        pairOf(encodeServerMessage, encodeServerParts, {
          kind: 'results',
          batch: n + 1,
          from: n,
          count: items.count,
          values: items,
          done: summary,
        }),
      ]
      for (const [whole, parts] of messages) {
        expect(Array.isArray(parts)).toBe(true)
        expect((parts as FrameParts).some((part) => part.buffer === items.bytes.buffer && part.length === items.bytes.length)).toBe(true)
        expect(Buffer.concat(parts as FrameParts).equals(whole as Uint8Array)).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})

function pairOf<Message>(
  whole: (message: Message, dialect: 'cbor') => Uint8Array | string,
  parts: (message: Message) => Uint8Array | FrameParts,
  message: Message,
): readonly [Uint8Array | string, Uint8Array | FrameParts] {
  return [whole(message, 'cbor'), parts(message)]
}
