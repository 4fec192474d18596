import { describe, expect, it } from 'vitest'
import { ForkpoolError } from '../base/errors.ts'
import type { ClientMessage, ServerMessage } from './client-messages.ts'
import { decodeClientMessage, decodeServerMessage, encodeClientMessage, encodeServerMessage } from './client-frame.ts'
import { decodeCoordinatorMessage, decodeWorkerMessage, encodeCoordinatorMessage, encodeWorkerMessage } from './worker-frame.ts'
import { encodeItems } from './item-encoding.ts'
import { encodeItemsJson } from './values/encode-values.ts'
import { decodeItems } from './item-decoding.ts'
import { sliceBlock } from './item-block.ts'
import { FRAME_BYTES_MAX, ITEM_BYTES_MAX } from './limits.ts'
import { writeValue } from './values/cbor-value-writer.ts'
import { ValueTrail } from './values/value-trail.ts'
import { CborWriter } from './cbor/cbor-writer.ts'

/** Any object as a frame, as another program may write it. */
function cbor(value: unknown): Uint8Array {
  const writer = new CborWriter()
  writer.begin(64, 64 * 1024 * 1024)
  writeValue(writer, value, new ValueTrail('frame'))
  return writer.finish()
}

function refusal(decode: () => unknown): string {
  try {
    decode()
  } catch (error) {
    if (error instanceof ForkpoolError && error.code === 'BAD_MESSAGE') return error.message
    throw error
  }
  return 'accepted'
}

/** What is wrong with a message in the CBOR dialect, from a client unless said otherwise. */
function wrong(message: unknown, decode: (frame: Uint8Array) => unknown = (frame) => decodeClientMessage(frame, 'cbor')): string {
  return refusal(() => decode(cbor(message)))
}

const submit = { kind: 'submit', batch: 1, task: 'square' }
const block = { count: 2, codec: 'cbor', offsets: Uint32Array.from([0, 1, 2]), bytes: Uint8Array.from([1, 2]) }
const numbers = { count: 1, codec: 'f64', bytes: new Uint8Array(8) }
const BATCH = 'an integer from 1 to 2^53 - 1'
const KINDS = '"hello", "submit", "attach", "items", "end", "cancel", "leave", "credit"'

describe('decodeClientMessage', () => {
  it.each<[string, unknown, string]>([
    ['an array', [], 'message: expected a map, got an array'],
    ['a text', 'submit', 'message: expected a map, got text'],
    ['no kind', { batch: 1 }, `message.kind: expected one of ${KINDS}, got nothing: the field is missing`],
    ['an unknown kind', { kind: 'welcome' }, `message.kind: expected one of ${KINDS}, got "welcome"`],
    ['a kind that is no text', { kind: 1 }, `message.kind: expected one of ${KINDS}, got 1`],
    ['a kind from the prototype', { kind: 'toString' }, `message.kind: expected one of ${KINDS}, got "toString"`],
    ['a missing field', { kind: 'submit', task: 'x' }, `submit.batch: expected ${BATCH}, got nothing: the field is missing`],
    ['zero', { ...submit, batch: 0 }, `submit.batch: expected ${BATCH}, got 0`],
    ['a negative number', { ...submit, batch: -1 }, `submit.batch: expected ${BATCH}, got -1`],
    ['a fraction', { ...submit, batch: 1.5 }, `submit.batch: expected ${BATCH}, got 1.5`],
    ['an unsafe number', { ...submit, batch: 2 ** 53 }, `submit.batch: expected ${BATCH}, got 9007199254740992`],
    ['a text for a number', { ...submit, batch: '1' }, `submit.batch: expected ${BATCH}, got text`],
    ['a big integer', { ...submit, batch: 1n }, `submit.batch: expected ${BATCH}, got tag 2`],
    ['NaN', { ...submit, backoffMs: Number.NaN }, 'submit.backoffMs: expected a number, 0 or more, got NaN'],
    ['infinity', { ...submit, backoffMs: Infinity }, 'submit.backoffMs: expected a number, 0 or more, got Infinity'],
    ['a negative time', { ...submit, backoffMs: -1 }, 'submit.backoffMs: expected a number, 0 or more, got -1'],
    ['a number for a text', { ...submit, task: 7 }, 'submit.task: expected text of 1 to 200 characters, got 7'],
    ['an empty name', { ...submit, task: '' }, 'submit.task: expected text of 1 to 200 characters, got ""'],
    [
      'a long name',
      { ...submit, task: 'x'.repeat(201) },
      `submit.task: expected text of 1 to 200 characters, got "${'x'.repeat(40)}"… (201 characters)`,
    ],
    ['a number for a flag', { ...submit, spread: 1 }, 'submit.spread: expected true or false, got 1'],
    ['a priority out of range', { ...submit, priority: 11 }, 'submit.priority: expected an integer from -10 to 10, got 11'],
    ['too many retries', { ...submit, retries: 101 }, 'submit.retries: expected an integer from 0 to 100, got 101'],
    ['a list for items', { ...submit, items: [1, 2] }, 'submit.items: expected an item block, got an array'],
    ['no versions', { kind: 'hello', versions: [] }, 'hello.versions: expected an array of 1 to 32 elements, got 0'],
    ['a wrong version', { kind: 'hello', versions: [1, -2] }, 'hello.versions[1]: expected an integer from 0 to 65535, got -2'],
    [
      'no items',
      { kind: 'items', batch: 1, items: { ...numbers, count: 0, bytes: new Uint8Array(0) } },
      'items.items: expected at least one item, got none',
    ],
    [
      'an unknown codec',
      { ...submit, items: { ...numbers, codec: 'f32' } },
      'submit.items.codec: expected one of "f64", "cbor", "json", got "f32"',
    ],
    [
      'too few numbers',
      { ...submit, items: { ...numbers, count: 2 } },
      'submit.items: expected bytes.length = 8 × count where codec is "f64", got something else',
    ],
    [
      'offsets of numbers',
      { ...submit, items: { ...numbers, offsets: Uint32Array.from([0, 8]) } },
      'submit.items: expected offsets exactly where codec is "cbor" or "json", got something else',
    ],
    [
      'no offsets',
      { ...submit, items: { count: 2, codec: 'cbor', bytes: block.bytes } },
      'submit.items: expected offsets exactly where codec is "cbor" or "json", got something else',
    ],
    [
      'too few offsets',
      { ...submit, items: { ...block, count: 3 } },
      'submit.items: expected offsets.length = count + 1, got something else',
    ],
    [
      'offsets that go back',
      { ...submit, items: { ...block, offsets: Uint32Array.from([0, 2, 2]) } },
      'submit.items: expected offsets ascending, each item at least one byte, got something else',
    ],
    [
      'offsets beyond the bytes',
      { ...submit, items: { ...block, offsets: Uint32Array.from([0, 1, 3]) } },
      'submit.items: expected offsets[count] - offsets[0] = bytes.length, got something else',
    ],
    [
      'offsets of another kind',
      { ...submit, items: { ...block, offsets: [0, 1, 2] } },
      'submit.items.offsets: expected a typed array of unsigned 32-bit integers (tag 70), got an array',
    ],
    [
      'too many items',
      { ...submit, items: { ...block, count: 1_048_577 } },
      'submit.items.count: expected an integer from 0 to 1048576, got 1048577',
    ],
    ['text for bytes', { ...submit, items: { ...block, bytes: 'ab' } }, 'submit.items.bytes: expected bytes, got text'],
  ])('refuses %s', (_what, message, text) => {
    expect(wrong(message)).toBe(text)
  })

  it('refuses what is cut short, goes on, or is no frame of the dialect', () => {
    const frame = encodeClientMessage({ kind: 'cancel', batch: 7 }, 'cbor') as Uint8Array
    expect(refusal(() => decodeClientMessage(frame.subarray(0, -1), 'cbor'))).toBe(
      `cancel.batch: expected more bytes, got the end at byte ${frame.length - 1}`,
    )
    expect(refusal(() => decodeClientMessage(Uint8Array.from([...frame, 0]), 'cbor'))).toBe(
      `cancel: expected one map, got more bytes behind it, from byte ${frame.length}`,
    )
    expect(refusal(() => decodeClientMessage('{}', 'cbor'))).toBe('message: expected a binary frame in the cbor dialect, got a text frame')
    expect(refusal(() => decodeClientMessage(Uint8Array.from([0x7b, 0xff]), 'json'))).toBe('message: expected UTF-8, got other bytes')
    expect(refusal(() => decodeClientMessage(Uint8Array.from([0xa1, 0x01, 0x02]), 'cbor'))).toBe('message: expected a text key, got 1')
  })

  it.each([
    ['', 'message: expected JSON, got "Unexpected end of JSON input"'],
    ['[]', 'message: expected an object, got an array'],
    ['null', 'message: expected an object, got null'],
    ['{"batch":1}', `message.kind: expected one of ${KINDS}, got nothing: the field is missing`],
    ['{"kind":"submit","batch":1,"task":"x","items":{}}', 'submit.items: expected an array of values, got an object'],
    ['{"kind":"items","batch":1,"items":[]}', 'items.items: expected at least one item, got none'],
    ['{"kind":"credit","batch":1,"bytes":1e99}', `credit.bytes: expected ${BATCH}, got 1e+99`],
    ['{"kind":"__proto__"}', `message.kind: expected one of ${KINDS}, got "__proto__"`],
    ['{"kind":"cancel","__proto__":{"batch":1}}', `cancel.batch: expected ${BATCH}, got nothing: the field is missing`],
  ])('refuses %s', (text, message) => {
    expect(refusal(() => decodeClientMessage(text, 'json'))).toBe(message)
  })

  it('refuses a text of brackets before it is parsed, and takes brackets in strings', () => {
    const deep = 'message: expected at most 1024 levels of nesting, got more'
    expect(refusal(() => decodeClientMessage('['.repeat(1025), 'json'))).toBe(deep)
    expect(refusal(() => decodeClientMessage(`{"kind":"end","batch":1,"x":${'{"a":'.repeat(1024)}1${'}'.repeat(1024)}}`, 'json'))).toBe(
      deep,
    )
    const nested: unknown = JSON.parse(`${'['.repeat(1023)}${']'.repeat(1023)}`)
    const brackets = '["\\{'.repeat(2000)
    const text = JSON.stringify({ kind: 'end', batch: 1, x: nested, y: nested, z: brackets, [brackets]: brackets })
    expect(decodeClientMessage(text, 'json')).toStrictEqual({ kind: 'end', batch: 1 })
  })

  it('never repeats a token', () => {
    const token = 'secret-token-of-the-house'
    const long = token.repeat(400)
    expect(wrong({ kind: 'hello', versions: [1], token: long })).toBe(
      `hello.token: expected text of 1 to 4096 characters, got ${long.length} characters`,
    )
    for (const text of [`{"kind":"hello","token":"${token}",}`, `{"token":"${token}" "x"}`, `"${token}`, `{"token":"${token}\n"}`]) {
      expect(refusal(() => decodeClientMessage(text, 'json'))).toMatch(/^message: expected JSON, got (?!.*secret)/)
    }
  })

  it('ignores fields that it does not know, in any order, and takes null for an absent one', () => {
    const later = { future: [1, { deep: new Map([[1, new Uint8Array(3)]]) }], end: true, task: 'x', pool: null, batch: 3, kind: 'submit' }
    expect(decodeClientMessage(cbor(later), 'cbor')).toStrictEqual({ kind: 'submit', end: true, task: 'x', batch: 3 })
    const json = '{"future":[1,"]",{"items":[9]}],"items":[ 1 , "a,]" ],"end":true,"task":"x","pool":null,"batch":3,"kind":"submit"}'
    const message = decodeClientMessage(json, 'json') as Extract<ClientMessage, { kind: 'submit' }>
    expect({ ...message, items: decodeItems(message.items!) }).toStrictEqual({
      kind: 'submit',
      end: true,
      task: 'x',
      batch: 3,
      items: [1, 'a,]'],
    })
    expect(wrong({ ...submit, task: null })).toBe('submit.task: expected text of 1 to 200 characters, got null')
  })

  it('reads keys with longer heads than needed', () => {
    // {"kind": "end", "batch": 5} with both keys' lengths in a byte of their own.
    const bytes = Uint8Array.from([0xa2, 0x78, 4, ...Buffer.from('kind'), 0x63, ...Buffer.from('end'), 0x78, 5, ...Buffer.from('batch'), 5])
    expect(decodeClientMessage(bytes, 'cbor')).toEqual({ kind: 'end', batch: 5 })
  })

  it('takes an empty list of first items for none', () => {
    expect(decodeClientMessage('{"kind":"submit","batch":1,"task":"x","items":[],"end":true}', 'json')).toStrictEqual({
      kind: 'submit',
      batch: 1,
      task: 'x',
      end: true,
    })
    expect(
      decodeClientMessage(encodeClientMessage({ kind: 'submit', batch: 1, task: 'x', items: encodeItems([]) }, 'cbor'), 'cbor'),
    ).toStrictEqual({
      kind: 'submit',
      batch: 1,
      task: 'x',
    })
  })

  it('cuts JSON items out as they were written: no digit is lost', () => {
    const texts = ['12345678901234567890123', '1.0', '-0', '1e400', '"\\u0061\\"]"', '{ "a" : [ 1, 2 ] }', 'null', '[]', '"é🙂"']
    const message = decodeClientMessage(`{"kind":"items","batch":1,"items":[ ${texts.join(' ,\n')} ]}`, 'json')
    if (message.kind !== 'items') throw new Error(message.kind)
    const { items } = message
    expect(items).toMatchObject({ count: texts.length, codec: 'json' })
    texts.forEach((text, i) => expect(Buffer.from(sliceBlock(items, i, 1).bytes).toString()).toBe(text))
  })

  it('takes the last of a repeated field, also with an escaped name, as JSON.parse does', () => {
    const message = decodeClientMessage('{"kind":"items","batch":1,"items":[1],"\\u0069tems":[2,3],"ítems":[4]}', 'json')
    expect(message.kind === 'items' && decodeItems(message.items)).toEqual([2, 3])
  })

  it('gives views of a binary frame, and never a Buffer', () => {
    const frame = Buffer.from(encodeClientMessage({ kind: 'items', batch: 1, items: encodeItems(['a', 'b']) }, 'cbor') as Uint8Array)
    const message = decodeClientMessage(frame, 'cbor')
    if (message.kind !== 'items') throw new Error(message.kind)
    expect(message.items.bytes.buffer).toBe(frame.buffer)
    expect(message.items.bytes.constructor).toBe(Uint8Array)
  })
})

describe('decodeServerMessage and the worker side', () => {
  const results = { kind: 'results', batch: 1, from: 0, count: 1, values: numbers }
  const error = { name: 'Error', message: 'no' }

  it.each<[string, unknown, string]>([
    ['a count that does not fit', { ...results, count: 2 }, 'results: expected values.count + failures.length = count, got something else'],
    [
      'a failure behind the end',
      { ...results, count: 2, failures: [{ at: 2, error, attempts: 1 }] },
      'results: expected failures in ascending order of at, each below count, got something else',
    ],
    [
      'failures out of order',
      {
        ...results,
        count: 3,
        failures: [
          { at: 1, error, attempts: 1 },
          { at: 0, error, attempts: 1 },
        ],
      },
      'results: expected failures in ascending order of at, each below count, got something else',
    ],
    [
      'an error without a name',
      { ...results, count: 2, failures: [{ at: 1, error: { message: 'no' }, attempts: 1 }] },
      'results.failures[0].error.name: expected text of 1 to 1048576 characters, got nothing: the field is missing',
    ],
    [
      "an error's cause of another kind",
      { kind: 'refused', error: { ...error, cause: 'text' } },
      'refused.error.cause: expected an error, got text',
    ],
    [
      'a property that could change a prototype',
      { kind: 'refused', error: { ...error, properties: new Map([['__proto__', 1]]) } },
      'refused.error.properties: expected an object of values, got tag 259',
    ],
    [
      'an outcome that is none',
      { kind: 'done', batch: 1, outcome: 'lost' },
      'done.outcome: expected one of "completed", "failed", "cancelled", got "lost"',
    ],
  ])('refuses %s', (_what, message, text) => {
    expect(wrong(message, (frame) => decodeServerMessage(frame, 'cbor'))).toBe(text)
  })

  it('refuses messages of the other direction', () => {
    expect(wrong({ kind: 'run' }, decodeWorkerMessage)).toBe('message.kind: expected one of "ready", "broken", "ran", got "run"')
    expect(wrong({ kind: 'ran' }, decodeCoordinatorMessage)).toBe('message.kind: expected one of "run", "abort", "stop", got "ran"')
  })

  it('refuses causes without end', () => {
    let endless: object = error
    for (let i = 0; i < 300; i++) endless = { ...error, cause: endless }
    const json = JSON.stringify({ kind: 'refused', error: endless })
    expect(refusal(() => decodeServerMessage(json, 'json'))).toMatch(/expected at most 256 levels of nesting, got more$/)
  })
})

describe('encoding', () => {
  it('refuses what no receiver would take, in both dialects', () => {
    const bad = { kind: 'credit', batch: 1, bytes: 0 } as const
    expect(refusal(() => encodeClientMessage(bad, 'cbor'))).toBe(`credit.bytes: expected ${BATCH}, got 0`)
    expect(refusal(() => encodeClientMessage(bad, 'json'))).toBe(`credit.bytes: expected ${BATCH}, got 0`)
    expect(refusal(() => encodeCoordinatorMessage({ kind: 'walk' } as never))).toBe(
      'kind: expected one of "run", "abort", "stop", got "walk"',
    )
    expect(refusal(() => encodeWorkerMessage({ kind: 'ready', tasks: [] } as never))).toBe(
      `ready.pid: expected ${BATCH}, got nothing: the field is missing`,
    )
  })

  it('refuses a frame above the limit, and takes one with the largest item', () => {
    const limit = expect.objectContaining({
      code: 'LIMIT_EXCEEDED',
      message: `the items message is larger than ${FRAME_BYTES_MAX} bytes`,
    }) as Error
    const large = {
      kind: 'items',
      batch: 1,
      items: { count: FRAME_BYTES_MAX / 8, codec: 'f64', bytes: new Uint8Array(FRAME_BYTES_MAX) },
    } as const
    expect(() => encodeClientMessage(large, 'cbor')).toThrow(limit)
    expect(() => encodeClientMessage({ ...large, items: encodeItemsJson(['é'.repeat(4_000_000), '']) }, 'json')).not.toThrow()
    expect(() => encodeClientMessage({ ...large, items: encodeItemsJson(['é'.repeat(4_000_000), 'x'.repeat(400_000)]) }, 'json')).toThrow(
      limit,
    )
    const items = encodeItems([new Uint8Array(ITEM_BYTES_MAX - 5)])
    expect(encodeClientMessage({ kind: 'items', batch: 1, items }, 'cbor').length).toBeLessThan(FRAME_BYTES_MAX)
  })

  it('copies a large block once: the frame has a buffer of about its own size', () => {
    const items = encodeItems(Array.from({ length: 65_536 }, (_, i) => i))
    const frame = encodeClientMessage({ kind: 'items', batch: 1, items }, 'cbor') as Uint8Array
    expect(frame.buffer.byteLength - frame.length).toBeLessThan(512)
  })

  it('joins JSON results without looking into them', () => {
    const bytes = new TextEncoder().encode('[1, 2]"x"{"a":1e400}')
    const values = { count: 3, codec: 'json', offsets: Uint32Array.from([7, 13, 16, 27]), bytes } as const
    const message: ServerMessage = { kind: 'results', batch: 1, from: 5, count: 3, values }
    expect(encodeServerMessage(message, 'json')).toBe('{"kind":"results","batch":1,"from":5,"count":3,"values":[[1, 2],"x",{"a":1e400}]}')
  })

  it('writes other codecs as JSON for a JSON client', () => {
    const values = encodeItems([1, -0, Number.NaN, 0.1])
    const message: ServerMessage = { kind: 'results', batch: 1, from: 0, count: 4, values }
    const special = '{"$type":"number","value":"-0"},{"$type":"number","value":"NaN"}'
    expect(encodeServerMessage(message, 'json')).toContain(`"values":[1,${special},0.1]`)
    expect(encodeServerMessage({ ...message, count: 2, values: encodeItems([1n, 'é']) }, 'json')).toContain(
      '"values":[{"$type":"bigint","value":"1"},"é"]',
    )
    expect(encodeServerMessage({ ...message, count: 0, values: encodeItems([]) }, 'json')).toContain('"values":[]')
  })
})
