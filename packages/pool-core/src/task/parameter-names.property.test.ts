import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parameterNames } from './parameter-names.ts'

const name = fc.stringMatching(/^[a-z_$][a-zA-Z0-9_$]{0,6}$/).filter((word) => word !== 'class')
/** Expressions that hold every mark on which a careless reader would cut. */
const expression = fc.constantFrom(
  '1',
  '")"',
  "','",
  '`)${"}"},`',
  '/[/),]\\)/',
  '(1, 2)',
  '[1, {}]',
  '{ a: ")" }',
  '(x, y) => ({ x })',
  'a / 2',
  '`\\``',
)
const blank = fc.constantFrom('', ' ', '\n  ', '/* a, b) */', '// c, d)\n')
const parameter = fc.oneof(
  name.map((word) => ({ text: word, listed: word })),
  fc.tuple(name, expression).map(([word, value]) => ({ text: `${word} = ${value}`, listed: word })),
  fc.array(fc.tuple(name, expression), { minLength: 1, maxLength: 3 }).map((keys) => ({
    text: `{ ${keys.map(([key, value]) => `${key}: x = ${value}`).join(', ')} } = {}`,
    listed: `{ ${keys.map(([key]) => key).join(', ')} }`,
  })),
)
const head = fc.constantFrom('', 'async ', 'function ', 'async function* ', 'function named', 'method')

it('lists every parameter, whatever defaults and comments hold', () => {
  fc.assert(
    fc.property(head, fc.array(fc.tuple(blank, parameter, blank), { maxLength: 5 }), (start, parameters) => {
      const list = parameters.map(([before, { text }, behind]) => before + text + behind).join(',')
      const tail = start.includes('f') || start === 'method' ? '{ return ")" }' : '=> 1'
      expect(parameterNames(`${start}(${list}) ${tail}`)).toEqual(parameters.map(([, { listed }]) => listed))
    }),
  )
})

it('ends, without an error, on any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('(){}[],\'"`/\\*$=>.a \n')), maxLength: 40 }), (text) => {
      expect(Array.isArray(parameterNames(text))).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
