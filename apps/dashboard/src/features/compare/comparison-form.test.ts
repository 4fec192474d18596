import { describe, expect, test } from 'vitest'
import { checkForm, type ComparisonForm } from './comparison-form.ts'

const known = { tasks: ['square', 'primeCount'], maxWorkers: 16 }

function form(fields: Partial<ComparisonForm> = {}): ComparisonForm {
  return { task: 'square', input: 'range', from: '1', to: '1000', items: '', poolSizes: '1, 2, 4', repeats: '3', ...fields }
}

function errors(fields: Partial<ComparisonForm>): unknown {
  const check = checkForm(form(fields), known)
  return check.kind === 'invalid' ? check.errors : 'valid'
}

test('a filled form becomes a request; sizes are sorted and each once', () => {
  expect(checkForm(form({ from: '-5', to: '1 000', poolSizes: '8; 2 2,4' }), known)).toEqual({
    kind: 'valid',
    items: 1006,
    request: { task: 'square', range: { from: -5, to: 1000 }, poolSizes: [2, 4, 8], repeats: 3 },
  })
})

test('items are a JSON array, or JSON lines', () => {
  const items = (text: string) => checkForm(form({ input: 'items', items: text }), known)
  expect(items('[1, [2, 3], "x"]')).toMatchObject({ request: { items: [1, [2, 3], 'x'] }, items: 3 })
  expect(items('1\n\n"two"\n[3,4]')).toMatchObject({ request: { items: [1, 'two', [3, 4]] } })
  expect(items('[1,2]\n[3,4]')).toMatchObject({
    request: {
      items: [
        [1, 2],
        [3, 4],
      ],
    },
  })
})

describe('what is wrong is said of the field', () => {
  test.each<[Partial<ComparisonForm>, unknown]>([
    [{ task: '' }, { task: 'Choose a task.' }],
    [{ task: 'sqare' }, { task: 'No worker knows a task "sqare".' }],
    [{ from: 'one' }, { from: 'Expected a whole number.' }],
    [{ to: '1.5' }, { to: 'Expected a whole number.' }],
    [{ from: '10', to: '9' }, { to: 'Expected at least 10: the range goes up.' }],
    [{ to: '99999999' }, { to: 'That is 99,999,999 items; 10,000,000 at most.' }],
    [{ to: '99999999999999999999' }, { to: 'Expected a whole number.' }],
    [{ input: 'items', items: ' ' }, { items: 'Expected a JSON array, or one JSON value a line.' }],
    [{ input: 'items', items: '[]' }, { items: 'Expected at least one item.' }],
    [{ input: 'items', items: '1\n{oops\n3' }, { items: 'Line 2 is not JSON: {oops' }],
    [{ poolSizes: '' }, { poolSizes: 'Expected pool sizes such as 1, 2, 4, 8.' }],
    [{ poolSizes: '2, 0' }, { poolSizes: '"0" is not a pool size: expected whole numbers from 1.' }],
    [{ poolSizes: '2, -1' }, { poolSizes: '"-1" is not a pool size: expected whole numbers from 1.' }],
    [{ poolSizes: '1.5' }, { poolSizes: '"1.5" is not a pool size: expected whole numbers from 1.' }],
    [{ poolSizes: '1000000000' }, { poolSizes: "1000000000 is more than this coordinator's 16 workers." }],
    [{ poolSizes: '1 2 3 4 5 6 7 8 9 10 11 12 13' }, { poolSizes: '13 sizes; 12 at most.' }],
    [{ repeats: '0' }, { repeats: 'Expected a whole number from 1 to 20.' }],
    [{ repeats: '21' }, { repeats: 'Expected a whole number from 1 to 20.' }],
  ])('%j', (fields, expected) => expect(errors(fields)).toEqual(expected))

  test('of several fields at once', () => {
    expect(Object.keys(errors({ task: '', to: 'x', poolSizes: 'x', repeats: 'x' }) as object).sort()).toEqual([
      'poolSizes',
      'repeats',
      'task',
      'to',
    ])
  })
})

test('without a known limit any size passes: the coordinator decides', () => {
  expect(checkForm(form({ poolSizes: '64' }), { ...known, maxWorkers: null }).kind).toBe('valid')
})
