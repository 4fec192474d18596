import { expect, test } from 'vitest'
import { readTarget } from './target.ts'

test('a coordinator on this machine is the default', () => {
  expect(readTarget({})).toEqual({ url: 'ws://127.0.0.1:7070', token: undefined })
  expect(readTarget({ FORKPOOL_URL: '', FORKPOOL_TOKEN: 'secret' })).toEqual({ url: 'ws://127.0.0.1:7070', token: 'secret' })
})

test.each(['ws://localhost:1', 'ws://127.0.0.1:7070/v1', 'wss://127.9.8.7', 'ws://[::1]:7070', 'WS://LOCALHOST:7070'])(
  '%s is this machine',
  (url) => expect(readTarget({ FORKPOOL_URL: url }).url).toBe(url),
)

test.each([
  'ws://10.0.0.1:7070',
  'wss://pool.example',
  'ws://127.0.0.1.example:7070',
  'ws://localhost.example',
  'ws://0.0.0.0:7070',
  'ws://[::]:7070',
  'ws://127.1:7070',
])('%s is not, and needs a word', (url) => {
  expect(() => readTarget({ FORKPOOL_URL: url })).toThrow('is not this machine')
  expect(() => readTarget({ FORKPOOL_URL: url, FORKPOOL_ALLOW_REMOTE: '1' })).toThrow('is not this machine')
  expect(readTarget({ FORKPOOL_URL: url, FORKPOOL_ALLOW_REMOTE: 'true' }).url).toBe(url)
})

test.each([
  'http://127.0.0.1:7070',
  '127.0.0.1:7070',
  'ws://user@127.0.0.1:7070',
  'ws://127.0.0.1@example',
  'ws://127.0.0.1:7070?token=x',
  'ws:///',
])('%s is no address, whatever is allowed', (url) =>
  expect(() => readTarget({ FORKPOOL_URL: url, FORKPOOL_ALLOW_REMOTE: 'true' })).toThrow('expected an address'),
)
