import { expect, test } from 'vitest'
import { inlineModule } from './inline-module.ts'

const load = async (functions: Record<string, (...args: never[]) => unknown>): Promise<Record<string, (...args: unknown[]) => unknown>> =>
  (await import(/* @vite-ignore */ inlineModule(functions).href)) as Record<string, (...args: unknown[]) => unknown>

test('arrows, functions, methods and generators of promises run from their text alone', async () => {
  const tasks = await load({
    square: (n: number) => n * n,
    add: function (a: number, b: number) {
      return a + b
    },
    join(...texts: string[]) {
      return texts.join('/')
    },
    later: async (n: number) => await Promise.resolve(n + 1),
    async 'a name, with % and "quotes"'(n: number) {
      return n
    },
  })
  expect(tasks['square']?.(3)).toBe(9)
  expect(tasks['add']?.(1, 2)).toBe(3)
  expect(tasks['join']?.('a', 'b')).toBe('a/b')
  expect(await tasks['later']?.(1)).toBe(2)
  expect(await tasks['a name, with % and "quotes"']?.(7)).toBe(7)
})

test('a name from outside is said, of a function that returns and of one that promises', async () => {
  const factor = Number('3')
  const tasks = await load({ scale: (n: number) => n * factor, later: async (n: number) => n * factor })
  const error = expect.objectContaining({
    name: 'ReferenceError',
    message: expect.stringContaining('uses factor, which lies outside') as string,
  })
  expect(() => tasks['scale']?.(1)).toThrow(error as Error)
  await expect(tasks['later']?.(1)).rejects.toEqual(error)
})

test('other errors are left as they are', async () => {
  const tasks = await load({
    fail: () => {
      throw new RangeError('too far')
    },
  })
  expect(() => tasks['fail']?.()).toThrow(RangeError)
})

test.each([
  ['nothing at all', {}],
  ['a value', { a: 5 as never }],
  ['a class', { a: class {} as never }],
  ['a built-in function', { a: Math.max as never }],
  ['a bound function', { a: ((n: number) => n).bind(undefined) as never }],
])('%s is BAD_ARGUMENT', (_what, functions) => {
  expect(() => inlineModule(functions)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error)
})
