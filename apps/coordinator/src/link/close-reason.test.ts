import { expect, test } from 'vitest'
import { closeReason } from './close-reason.ts'

test.each([
  ['short', 'short'],
  ['x'.repeat(200), 'x'.repeat(123)],
  // The fuzzer killed a coordinator with a hundred characters that were two hundred bytes.
  ['ü'.repeat(100), 'ü'.repeat(61)],
  ['😀'.repeat(100), '😀'.repeat(30)],
  ['\ud800'.repeat(100), '\ufffd'.repeat(41)],
])('%#: at most 123 bytes, no half character', (text, expected) => {
  expect(closeReason(text)).toBe(expected)
  expect(Buffer.byteLength(closeReason(text))).toBeLessThanOrEqual(123)
})
