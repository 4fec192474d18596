import { expect, test } from 'vitest'
import { inheritedFlags } from './inherited-flags.ts'

test.each([
  [
    ['--conditions=forkpool-source', '--import', './loader.js'],
    ['--conditions=forkpool-source', '--import', './loader.js'],
  ],
  [['--inspect=9229', '--inspect-brk', '--max-old-space-size=100'], ['--max-old-space-size=100']],
  [['--input-type=module', '-e', 'await work()'], []],
  [
    ['--test', '--test-name-pattern=x', '--watch-path=src', '-r', './setup.cjs'],
    ['-r', './setup.cjs'],
  ],
  [
    ['--cpu-prof', '--cpu-prof-interval', '200', '--conditions', 'x', '--watch-path', 'src', '--stack-size=900'],
    ['--conditions', 'x', '--stack-size=900'],
  ],
  [[], []],
])('%j gives workers %j', (flags, expected) => {
  expect(inheritedFlags(flags)).toEqual(expected)
})
