import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskFailure } from './client-messages.ts'
import { encodeItems } from './item-encoding.ts'
import { encodeItemsJson } from './values/encode-values.ts'
import { parseResultLine, resultLines } from './result-line.ts'

const VALUE = fc.oneof(
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(undefined, null, -0, true, { $type: 1 }, new Date(5), new Map([[1, 'a\nb']]), new Uint8Array([1, 2]), [1, [2n]]),
)
const FAILED = Symbol('failed')

test('lines say of each task what came of it, values as they were, and each is one line', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(VALUE, fc.constant(FAILED)), { minLength: 1, maxLength: 20 }),
      fc.nat(1e6),
      fc.boolean(),
      (outcomes, from, asJson) => {
        const values = outcomes.filter((outcome) => outcome !== FAILED)
        const failures = outcomes.flatMap((outcome, at): TaskFailure[] =>
          outcome === FAILED
            ? [
                {
                  at,
                  error: { name: 'RangeError', message: `bad\n${at}`, properties: { at: 10n }, cause: { name: 'Error', message: 'deep' } },
                  attempts: 2,
                },
              ]
            : [],
        )
        const block = asJson ? encodeItemsJson(values) : encodeItems(values)
        const lines = [...resultLines({ from, count: outcomes.length, values: block, failures })]
        expect(lines.join('')).not.toMatch(/[\n\r]/)
        const expected = outcomes.map((outcome, at) => {
          const index = from + at
          return outcome === FAILED
            ? { index, error: failures.find((failure) => failure.at === at)?.error, attempts: 2 }
            : { index, value: outcome }
        })
        expect(lines.map(parseResultLine)).toEqual(expected)
      },
    ),
  )
})

test('a value that was written with line ends stays one line', () => {
  const bytes = new TextEncoder().encode('[1,\r\n2]')
  const values = { count: 1, codec: 'json' as const, offsets: Uint32Array.of(0, bytes.length), bytes }
  const [line = ''] = resultLines({ from: 3, count: 1, values, failures: [] })
  expect(line).toBe('{"index":3,"value":[1,  2]}')
  expect(parseResultLine(line)).toEqual({ index: 3, value: [1, 2] })
})

test.each([
  '',
  'no json',
  '[]',
  '{"value":1}',
  '{"index":0,"value":{"$type":"odd"}}',
  '{"index":0,"error":{"message":1}}',
  '{"index":0,"value":{"__proto__":1}}',
])('what is no such line is told: %s', (line) => {
  expect(() => parseResultLine(line)).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE', message: expect.stringMatching(/^result/) }))
})
