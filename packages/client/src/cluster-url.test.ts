import { expect, test } from 'vitest'
import { clusterUrl } from './cluster-url.ts'

test.each([
  ['ws://127.0.0.1:7070', 'ws://127.0.0.1:7070/'],
  ['wss://pool.example', 'wss://pool.example/'],
  ['http://pool.example:80/v1', 'ws://pool.example/v1'],
  ['https://pool.example:7070/#top', 'wss://pool.example:7070/'],
  [new URL('http://[::1]:7070'), 'ws://[::1]:7070/'],
])('%s', (address, expected) => {
  expect(clusterUrl(address).href).toBe(expected)
})
