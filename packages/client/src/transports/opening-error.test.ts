import { expect, test } from 'vitest'
import { openingError, refusedUpgrade } from './opening-error.ts'

const url = new URL('ws://pool.example:7070/v1')

test('a socket error is COORDINATOR_UNREACHABLE, with the address and the code of the system', () => {
  const error = openingError(url, Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }))
  expect(error).toMatchObject({
    code: 'COORDINATOR_UNREACHABLE',
    message: 'no coordinator answers at ws://pool.example:7070/v1: ECONNREFUSED',
  })
})

test('a server without our subprotocol is PROTOCOL_VERSION', () => {
  expect(openingError(url, new Error('Server sent no subprotocol')).code).toBe('PROTOCOL_VERSION')
})

test.each([
  [401, 'the token is wrong\n', 'UNAUTHORISED', 'The token is missing or wrong. (pool.example:7070: the token is wrong)'],
  [403, '', 'NOT_ALLOWED', 'The coordinator does not allow this. (pool.example:7070: HTTP status 403)'],
  [503, '<html>busy</html>', 'DRAINING', 'The coordinator is shutting down and takes no new work. (pool.example:7070: HTTP status 503)'],
  [404, 'nothing here', 'COORDINATOR_UNREACHABLE', 'no coordinator answers at ws://pool.example:7070/v1: HTTP status 404'],
  [503, '{"error":{"code":"LIMIT_EXCEEDED","message":"too many connections"}}', 'LIMIT_EXCEEDED', 'too many connections'],
  [401, '{"error":{"code":"valueOf","message":"x"}}', 'UNAUTHORISED', expect.stringContaining('The token is missing')],
])('HTTP status %d with %j', (status, body, code, message) => {
  expect(refusedUpgrade(url, status, body)).toMatchObject({ code, message })
})
