import { describe, expect, test } from 'vitest'
import { Access, isLoopback } from './access.ts'
import { entryOf } from './token-entry.ts'

const open = new Access({ tokens: [], host: '127.0.0.1', allowedHosts: [], allowedOrigins: [] })
const closed = new Access({
  tokens: [entryOf('secret', { name: 'ops', role: 'admin' }), entryOf('looker', { name: 'prometheus', role: 'read' })],
  host: '0.0.0.0',
  allowedHosts: ['pool.example.org'],
  allowedOrigins: ['https://ops.example.org'],
})

describe('Access', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['192.168.1.1', false],
    ['localhost.example.org', false],
    ['127.0.0.1.example.org', false],
  ])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected))

  test.each([
    [open, 'localhost:7070', true],
    [open, '127.0.0.1:7070', true],
    [open, '[::1]:7070', true],
    [open, 'evil.example.org:7070', false],
    [open, '127.0.0.1.evil.example.org', false],
    [open, 'localhost.', false],
    [open, '10.0.0.5', false],
    [open, '', false],
    [open, undefined, false],
    [closed, 'pool.example.org', true],
    [closed, 'POOL.example.org:443', true],
    [closed, '10.0.0.5:7070', true],
    [closed, 'rebound.example.org', false],
  ])('checks the Host header (DNS rebinding): %#', (access, host, passes) => {
    expect(access.checkSource({ host })?.reason).toBe(passes ? undefined : 'host')
  })

  test.each([
    [open, 'http://localhost:7070', true],
    [open, 'http://localhost:3000', false],
    [open, 'https://evil.example.org', false],
    [open, 'null', false],
    [open, '', false],
    [closed, 'https://ops.example.org', true],
    [closed, 'https://ops.example.org.evil.org', false],
  ])('checks the Origin header (pages of other sites): %#', (access, origin, passes) => {
    expect(access.checkSource({ host: 'localhost:7070', origin })?.reason).toBe(passes ? undefined : 'origin')
  })

  test('without tokens everybody on this machine is admin', () => {
    expect(open.needsToken).toBe(false)
    expect(open.authenticate({})).toEqual({ kind: 'known', principal: { name: 'local', role: 'admin' } })
    expect(open.authenticate({ authorization: 'Bearer whatever' }).kind).toBe('known')
  })

  test('knows a token by its hash, and who shows it', () => {
    expect(closed.authenticate({ authorization: 'Bearer secret' })).toMatchObject({
      kind: 'known',
      principal: { name: 'ops', role: 'admin' },
    })
    expect(closed.authenticate({ authorization: 'bearer looker' })).toMatchObject({ kind: 'known', principal: { role: 'read' } })
    expect(closed.principalOf('secret')).toMatchObject({ name: 'ops' })
    expect(closed.principalOf('secret ')).toBeUndefined()
    expect(closed.principalOf('')).toBeUndefined()
  })

  test.each([
    [undefined, 'missing', 'a token is needed: Authorization: Bearer TOKEN'],
    ['Bearer wrong', 'wrong', 'the token is wrong'],
    ['Bearer ', 'wrong', 'expected Authorization: Bearer TOKEN'],
    ['Bearer secret looker', 'wrong', 'expected Authorization: Bearer TOKEN'],
    ['Basic c2VjcmV0', 'wrong', 'expected Authorization: Bearer TOKEN'],
    ['secret', 'wrong', 'expected Authorization: Bearer TOKEN'],
  ])('says only whether the token is missing or wrong: %s', (authorization, kind, message) => {
    expect(closed.authenticate({ authorization })).toMatchObject({ kind, refusal: { status: 401, reason: 'token', message } })
  })

  test('admits a token for this run', () => {
    const access = new Access({ tokens: [entryOf('x', { name: 'x', role: 'read' })], host: '::', allowedHosts: [], allowedOrigins: [] })
    access.admit('own', { name: 'comparisons', role: 'submit' })
    expect(access.principalOf('own')).toMatchObject({ name: 'comparisons', role: 'submit' })
  })
})
