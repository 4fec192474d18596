import { describe, expect, test } from 'vitest'
import { makeToken } from './make-token.ts'
import { checkTokenEntries, entryOf, formatTokenEntry, parseTokenEntry } from './token-entry.ts'

const LINE = formatTokenEntry(entryOf('canary', { name: 'ci', role: 'submit' }))

describe('the line of a token', () => {
  test('comes back as it was, and holds no token', () => {
    expect(LINE).toMatch(/^submit ci sha256:[0-9a-f]{64}$/)
    expect(parseTokenEntry(`  ${LINE.replaceAll(' ', '\t ')}  `, 'x')).toEqual(entryOf('canary', { name: 'ci', role: 'submit' }))
    expect(LINE).not.toContain('canary')
  })

  test.each([
    ['canary', 'tokens, line 1: expected a role, a name and a hash'],
    ['submit ci canary', 'tokens, line 1: expected sha256: and 64 hexadecimal digits in the third place'],
    ['submit canary', 'tokens, line 1: expected a role, a name and a hash'],
    [`root ${LINE.slice(7)}`, 'tokens, line 1: expected a role first (one of read, submit, admin)'],
    [LINE.replace('ci', 'c/i'), 'tokens, line 1: expected a name of at most 64 letters'],
    [`${LINE} more`, 'tokens, line 1: expected a role, a name and a hash'],
    [LINE.toUpperCase(), 'tokens, line 1: expected a role first'],
  ])('refuses %j without repeating what could be a token', (line, message) => {
    const parse = (): unknown => parseTokenEntry(line, 'tokens, line 1')
    expect(parse).toThrow(message)
    expect(parse).not.toThrow('canary')
  })

  test('may say how large a share its clients get', () => {
    const entry = entryOf('canary', { name: 'ci', role: 'submit', weight: 2.5 })
    expect(formatTokenEntry(entry)).toBe(`${LINE} weight=2.5`)
    expect(parseTokenEntry(formatTokenEntry(entry), 'x')).toEqual(entry)
    expect(parseTokenEntry(LINE, 'x')).not.toHaveProperty('weight')
    for (const word of ['weight=0', 'weight=101', 'weight=', 'weight=-1', 'weight=1e2'])
      expect(() => parseTokenEntry(`${LINE} ${word}`, 'x')).toThrow('nothing but a weight from 0.01 to 100')
  })

  test('names and tokens are there once', () => {
    const one = entryOf('a', { name: 'a', role: 'read' })
    expect(() => checkTokenEntries([one, entryOf('b', { name: 'a', role: 'read' })])).toThrow(
      '"a" has the name or the token of another entry',
    )
    expect(() => checkTokenEntries([one, entryOf('a', { name: 'b', role: 'read' })])).toThrow(
      '"b" has the name or the token of another entry',
    )
    expect(() => checkTokenEntries([one, entryOf('b', { name: 'b', role: 'read' })])).not.toThrow()
  })

  test('tokens are made of 256 bits of chance', () => {
    const tokens = new Set(Array.from({ length: 100 }, makeToken))
    expect(tokens.size).toBe(100)
    for (const token of tokens) expect(token).toMatch(/^forkpool_[\w-]{43}$/)
  })
})
