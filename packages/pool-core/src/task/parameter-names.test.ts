import { describe, expect, it } from 'vitest'
import { parameterNames } from './parameter-names.ts'

describe('parameterNames', () => {
  it.each([
    ['(n) => n * n', ['n']],
    ['n => n * n', ['n']],
    ['async n => n', ['n']],
    ['async (a, b) => a', ['a', 'b']],
    ['() => 1', []],
    ['function add(a, b) { return a + b }', ['a', 'b']],
    ['function (a) {}', ['a']],
    ['async function* pages(url, limit) {}', ['url', 'limit']],
    ['function*g(a){}', ['a']],
    ['method(a, b,) { }', ['a', 'b']],
    ['async *items(a) {}', ['a']],
    ['"quoted name"(a) {}', ['a']],
    ['[computed("x(y)")](a) {}', ['a']],
    ['(a = 1, b = f(2, 3), c = [1, 2], d = { e: 1, f: 2 }) => a', ['a', 'b', 'c', 'd']],
    ['(a = ")", b = \'(\', c = `)${")"}`) => a', ['a', 'b', 'c']],
    ['(a = /[),]/, b = 4 / 2, c = (1) / 2) => a', ['a', 'b', 'c']],
    ['(a = (x, y) => x, b) => a', ['a', 'b']],
    ['({ width, height: h = 3, "quoted-key": q, ...others }) => width', ['{ width, height, "quoted-key", ...others }']],
    ['({ a: { b, c }, d = [1, 2] } = {}) => a', ['{ a, d }']],
    ['({}) => 1', ['{}']],
    ['([first, , third = 3], ...rest) => first', ['[first, , third]', '...rest']],
    ['(...[a, b]) => a', ['...[a, b]']],
    ['(/* the number */ n /* , m */, // last)\n m) => n', ['n', 'm']],
    ['(n        , label          ) => n', ['n', 'label']],
    ['(\u00fcber, $a, _b) => 1', ['\u00fcber', '$a', '_b']],
    ['function sqrt() { [native code] }', []],
    ['class Task { constructor(a) {} }', []],
    ['', []],
    ['(a, b', ['a']],
  ])('%s → %j', (source, names) => {
    expect(parameterNames(source)).toEqual(names)
  })

  it('reads the functions of this very engine', () => {
    const tasks = {
      plain: (n: number, scale = 2, ...rest: readonly number[]) => n * scale + rest.length,
      method: async function method(this: void, { width, height }: { width: number; height: number }, label = 'a,b') {
        return `${label}${width * height}`
      },
    }
    expect(parameterNames(String(tasks.plain))).toEqual(['n', 'scale', '...rest'])
    expect(parameterNames(String(tasks.method))).toEqual(['{ width, height }', 'label'])
    expect(parameterNames(String(Math.max))).toEqual([])
  })
})
