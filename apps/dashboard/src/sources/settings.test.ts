import { expect, test } from 'vitest'
import { httpForm, readHosts, readSettings, shownAddress } from './settings.ts'

test('the coordinator is on loopback unless told otherwise', () => {
  expect(readSettings({}).coordinator.href).toBe('http://127.0.0.1:7070/')
  expect(readSettings({}).prometheus).toBeNull()
  expect(readSettings({}).token()).toBeNull()
})

test('a WebSocket address becomes its HTTP form, without a slash, query or fragment at its end', () => {
  expect(httpForm('FORKPOOL_URL', 'ws://localhost:7070').href).toBe('http://localhost:7070/')
  expect(httpForm('FORKPOOL_URL', 'wss://pool.example/base//?x=1#y').href).toBe('https://pool.example/base')
  expect(httpForm('FORKPOOL_URL', 'HTTP://a:1').href).toBe('http://a:1/')
})

test.each(['', 'pool:7070', 'ftp://a', 'ws://', 'http://a:99999'])('%j is refused by its variable name', (address) => {
  expect(() => httpForm('PROMETHEUS_URL', address)).toThrow(/^PROMETHEUS_URL is /)
})

test('a shown address never carries credentials', () => {
  expect(shownAddress(new URL('http://user:secret@prometheus:9090/p/'))).toBe('http://prometheus:9090/p')
})

test('extra host names are a comma list, in lower case', () => {
  expect([...readHosts({ FORKPOOL_DASHBOARD_HOSTS: ' Pool.Example, ,b ' })]).toEqual(['pool.example', 'b'])
})
