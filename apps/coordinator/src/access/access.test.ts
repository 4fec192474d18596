import { describe, expect, test } from 'vitest'
import { Access, isLoopback } from './access.ts'

const open = new Access({ token: undefined, host: '127.0.0.1', allowedHosts: [], allowedOrigins: [] })
const closed = new Access({
  token: 'secret',
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
  ])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected))

  test.each([
    [open, 'localhost:7070', true],
    [open, '127.0.0.1:7070', true],
    [open, '[::1]:7070', true],
    [open, 'evil.example.org:7070', false],
    [open, '10.0.0.5', false],
    [open, undefined, false],
    [closed, 'pool.example.org', true],
    [closed, '10.0.0.5:7070', true],
    [closed, 'rebound.example.org', false],
  ])('checks the Host header (DNS rebinding)', (access, host, passes) => {
    expect(access.checkSource({ host })?.reason).toBe(passes ? undefined : 'host')
  })

  test.each([
    [open, 'http://localhost:7070', true],
    [open, 'http://localhost:3000', false],
    [open, 'https://evil.example.org', false],
    [open, 'null', false],
    [closed, 'https://ops.example.org', true],
    [closed, 'https://ops.example.org.evil.org', false],
  ])('checks the Origin header (pages of other sites)', (access, origin, passes) => {
    expect(access.checkSource({ host: 'localhost:7070', origin })?.reason).toBe(passes ? undefined : 'origin')
  })

  test('asks for the token, in constant time by hash, and says only whether it is missing or wrong', () => {
    expect(open.checkToken({})).toBeUndefined()
    expect(closed.checkToken({})).toMatchObject({ status: 401, message: 'a token is needed: Authorization: Bearer TOKEN' })
    expect(closed.checkToken({}, true)).toBeUndefined()
    expect(closed.checkToken({ authorization: 'Bearer wrong' }, true)).toMatchObject({ status: 401, message: 'the token is wrong' })
    expect(closed.checkToken({ authorization: 'Bearer secret' })).toBeUndefined()
    expect(closed.isToken('secret')).toBe(true)
    expect(closed.isToken('secret ')).toBe(false)
    expect(closed.isToken('')).toBe(false)
  })
})
