import { expect, test } from 'vitest'
import { defaultDataDir } from './default-data-dir.ts'

test('each port has a folder of its own in the state folder of the user', () => {
  expect(defaultDataDir(7070, {}, '/users/me')).toBe('/users/me/.local/state/forkpool/7070')
  expect(defaultDataDir(7071, { XDG_STATE_HOME: '/state' }, '/users/me')).toBe('/state/forkpool/7071')
  expect(defaultDataDir(7071, { XDG_STATE_HOME: 'state' }, '/users/me')).toBe('/users/me/.local/state/forkpool/7071')
})

test('a port that changes has none', () => {
  expect(defaultDataDir(0, {}, '/users/me')).toBeUndefined()
})
