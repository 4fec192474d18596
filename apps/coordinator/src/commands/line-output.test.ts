import { expect, test } from 'vitest'
import { jsonLine } from './line-output.ts'

test.each([
  [5, '5'],
  [-0, '0'],
  [1e21, '1e+21'],
  [Number.NaN, 'null'],
  [undefined, 'null'],
  ['a\n', '"a\\n"'],
  [2n ** 70n, '1180591620717411303424'],
  [{ big: 10n, list: [1n] }, '{"big":10,"list":[1]}'],
  [new Uint8Array([1, 2]), '[1,2]'],
  [new Map([['a', 1]]), '[["a",1]]'],
  [new Set([1, 2]), '[1,2]'],
])('%s is written as %s', (value, line) => expect(jsonLine(value)).toBe(line))
