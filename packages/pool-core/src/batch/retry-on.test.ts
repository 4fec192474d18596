import { expect, test, vi } from 'vitest'
import { toWireError } from '../protocol/index.ts'
import { checkRetryOn, isWorthRetry } from './retry-on.ts'
import type { RetryOn } from './retry-on.ts'

class Declined extends Error {
  override name = 'Declined'
  readonly amount = 7
}

const says = (retryOn: RetryOn, error: Error): boolean =>
  isWorthRetry(retryOn, { task: 'pay', index: 4, attempt: 2, error: toWireError(error) })

test('a text is the class name or the code of what was thrown', () => {
  expect(says('Declined', new Declined('no'))).toBe(true)
  expect(says('Error', new Declined('no'))).toBe(false)
  expect(says('ECONNRESET', Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBe(true)
  expect(says(['TypeError', 'RangeError'], new RangeError('far'))).toBe(true)
  expect(says([], new Declined('no'))).toBe(false)
})

test('a pattern is looked for in the message, each time anew', () => {
  const busy = /busy/g
  expect([1, 2, 3].map(() => says(busy, new Error('the line is busy')))).toEqual([true, true, true])
  expect(says(busy, new Error('idle'))).toBe(false)
})

test('a function is asked with the error that the call would get', () => {
  const asked: unknown[] = []
  const retryOn = (error: Error): boolean => {
    asked.push(error)
    return (error.cause as Declined).amount > 5
  }
  expect(says(retryOn, new Declined('no'))).toBe(true)
  expect(asked).toMatchObject([{ name: 'TaskError', task: 'pay', index: 4, attempts: 2, message: 'no', cause: { name: 'Declined' } }])
})

test('a function that throws is reported, and says no', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(
    says(() => {
      throw new Error('broken rule')
    }, new Declined('no')),
  ).toBe(false)
  expect(warned.mock.calls.length + reported.mock.calls.length).toBe(1)
  warned.mockRestore()
  reported.mockRestore()
})

test('what is no rule is refused', () => {
  for (const wrong of [5, '', null, {}, ['Declined', 5], true]) {
    expect(() => checkRetryOn(wrong)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error)
  }
  for (const right of [undefined, 'A', /a/, ['A', /a/], () => true]) expect(() => checkRetryOn(right)).not.toThrow()
})
