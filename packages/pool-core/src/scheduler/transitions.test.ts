import { expect, test } from 'vitest'
import { InvariantError } from '../base/assert.ts'
import { BATCH_TRANSITIONS, transition, WORKER_TRANSITIONS } from './transitions.ts'

const BATCH_CASES = [
  ['filling', 'end', 'closing'],
  ['filling', 'cancel', 'cancelling'],
  ['filling', 'settle', undefined],
  ['closing', 'end', undefined],
  ['closing', 'cancel', 'cancelling'],
  ['closing', 'settle', 'settled'],
  ['cancelling', 'end', undefined],
  ['cancelling', 'cancel', undefined],
  ['cancelling', 'settle', 'settled'],
  ['settled', 'end', undefined],
  ['settled', 'cancel', undefined],
  ['settled', 'settle', undefined],
] as const

test.each(BATCH_CASES)('a %s batch, on %s, is %s', (from, move, to) => {
  if (to === undefined) expect(() => transition(BATCH_TRANSITIONS, from, move)).toThrow(new InvariantError(`no move ${move} from ${from}`))
  else expect(transition(BATCH_TRANSITIONS, from, move)).toBe(to)
})

const WORKER_CASES = [
  ['idle', 'assign', 'busy'],
  ['idle', 'release', undefined],
  ['idle', 'stop', 'stopping'],
  ['idle', 'kill', undefined],
  ['idle', 'lose', 'lost'],
  ['busy', 'assign', 'busy'],
  ['busy', 'release', 'idle'],
  ['busy', 'stop', undefined],
  ['busy', 'kill', 'killed'],
  ['busy', 'lose', 'lost'],
  ['stopping', 'assign', undefined],
  ['stopping', 'release', undefined],
  ['stopping', 'stop', undefined],
  ['stopping', 'kill', undefined],
  ['stopping', 'lose', 'lost'],
  ['killed', 'assign', undefined],
  ['killed', 'release', 'killed'],
  ['killed', 'stop', undefined],
  ['killed', 'kill', undefined],
  ['killed', 'lose', 'lost'],
  ['lost', 'assign', undefined],
  ['lost', 'release', undefined],
  ['lost', 'stop', undefined],
  ['lost', 'kill', undefined],
  ['lost', 'lose', undefined],
] as const

test.each(WORKER_CASES)('a %s worker, on %s, is %s', (from, move, to) => {
  if (to === undefined) expect(() => transition(WORKER_TRANSITIONS, from, move)).toThrow(new InvariantError(`no move ${move} from ${from}`))
  else expect(transition(WORKER_TRANSITIONS, from, move)).toBe(to)
})

test('the cases above are all there are', () => {
  const moves = (cases: readonly (readonly [string, string, unknown])[]): number =>
    new Set(cases.map(([from, move]) => `${from} ${move}`)).size
  expect(moves(BATCH_CASES)).toBe(Object.keys(BATCH_TRANSITIONS).length * 3)
  expect(moves(WORKER_CASES)).toBe(Object.keys(WORKER_TRANSITIONS).length * 5)
})
