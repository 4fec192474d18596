import { describe, expect, test } from 'vitest'
import { isAllowedHost, isSameOrigin } from './host.ts'

describe('Host', () => {
  const configured = new Set(['pool.example'])

  test.each([
    '127.0.0.1:3000',
    'localhost',
    'localhost:3000',
    'a.localhost',
    '[::1]:3000',
    '10.0.0.7:3000',
    'pool.example:80',
    'POOL.example',
  ])('%s is allowed', (host) => expect(isAllowedHost(host, configured)).toBe(true))

  test.each([null, '', 'evil.example:3000', 'localhost.evil.example', '127.0.0.1.evil.example', 'a b', 'pool.example.evil'])(
    '%j is not',
    (host) => expect(isAllowedHost(host, configured)).toBe(false),
  )
})

describe('Origin', () => {
  const headers = (entries: Record<string, string>) => new Headers({ host: '127.0.0.1:3000', ...entries })

  test('our own pages and programs may change things', () => {
    expect(isSameOrigin(headers({ origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-origin' }))).toBe(true)
    expect(isSameOrigin(headers({}))).toBe(true)
  })

  test.each([
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:4000' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
  ])('%j may not', (entries) => expect(isSameOrigin(headers(entries as Record<string, string>))).toBe(false))
})
