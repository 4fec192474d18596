import { expect, test } from 'vitest'
import { ClientInstances } from './client-instances.ts'

function reader(instance: string, connection: number): { readonly instance: string; readonly connection: number } {
  return { instance, connection }
}

test('a later connection of a client ends the earlier, and an earlier that comes late is not let in', () => {
  const instances = new ClientInstances()
  const ended: string[] = []
  const end = (name: string) => () => ended.push(name)
  const leaveFirst = instances.enter('me', reader('a', 1), end('first'))
  instances.enter('me', reader('b', 1), end('another client'))
  instances.enter('you', reader('a', 1), end('of the same name, with another token'))
  expect(ended).toEqual([])
  expect(instances.enter('me', reader('a', 3), end('third'))).toBeTypeOf('function')
  expect(ended).toEqual(['first'])
  expect(instances.enter('me', reader('a', 2), end('second'))).toBeUndefined()
  // What an earlier one does at its end does not concern the later.
  leaveFirst?.()
  expect(instances.enter('me', reader('a', 2), end('second'))).toBeUndefined()
  instances.enter('me', reader('a', 4), end('fourth'))
  expect(ended).toEqual(['first', 'third'])
})

test('nothing is left of a client that has gone, and one that does not count its connections may have several', () => {
  const instances = new ClientInstances()
  let ended = 0
  instances.enter(undefined, reader('a', 5), () => ended++)?.()
  const leaves = [1, 1].map((connection) => instances.enter(undefined, reader('a', connection), () => ended++))
  expect(leaves.every((leave) => leave !== undefined)).toBe(true)
  expect(ended).toBe(0)
})
