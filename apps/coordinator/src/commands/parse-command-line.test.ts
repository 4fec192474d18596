import { expect, test } from 'vitest'
import { mapCommand } from './map.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { serveCommand } from './serve.ts'

test('flags with a word after or an equals sign, switches, operands, and what follows --', () => {
  expect(parseCommandLine(mapCommand, ['square', '--pool-size', '4', '--items=1..3', '--json', '--', '--odd'])).toEqual({
    flags: { poolSize: '4', items: '1..3', json: true },
    operands: ['square', '--odd'],
  })
})

test('a negative number and a lone dash are operands', () => {
  expect(parseCommandLine(mapCommand, ['square', '-5', '-.5', '-']).operands).toEqual(['square', '-5', '-.5', '-'])
})

test('options that may come several times are gathered', () => {
  expect(parseCommandLine(serveCommand, ['--tasks', 'a.ts', '--tasks', 'b.ts']).flags).toEqual({ tasks: ['a.ts', 'b.ts'] })
})

test.each([
  [['--pool-sise', '4'], 'unknown option --pool-sise; did you mean --pool-size'],
  [['-p', '4'], 'unknown option -p'],
  [['--zzzzzzzz'], 'unknown option --zzzzzzzz; forkpool map --help lists the options'],
  [['--pool-size'], '--pool-size: expected N after it'],
  [['--pool-size', '1', '--pool-size', '2'], '--pool-size was given twice'],
])('refuses %j', (words, message) => {
  expect(() => parseCommandLine(mapCommand, words)).toThrow(message)
})
