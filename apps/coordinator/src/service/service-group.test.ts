import { expect, test } from 'vitest'
import { ServiceGroup } from './service-group.ts'
import type { Service } from './service.ts'

function recorder(): { readonly said: string[]; readonly service: (name: string, fails?: 'start' | 'stop') => Service } {
  const said: string[] = []
  const service = (name: string, fails?: 'start' | 'stop'): Service => ({
    name,
    start: async () => {
      said.push(`start ${name}`)
      if (fails === 'start') throw new Error(`${name} cannot start`)
    },
    stop: async () => {
      said.push(`stop ${name}`)
      if (fails === 'stop') throw new Error(`${name} cannot stop`)
    },
  })
  return { said, service }
}

test('starts in order and stops in the opposite one, once', async () => {
  const { said, service } = recorder()
  const group = new ServiceGroup([service('a'), service('b')])
  await group.start()
  await Promise.all([group.stop(), group.stop()])
  expect(said).toEqual(['start a', 'start b', 'stop b', 'stop a'])
})

test('a service that cannot start stops those before it and itself; the failure is thrown', async () => {
  const { said, service } = recorder()
  const group = new ServiceGroup([service('a'), service('b', 'start'), service('c')])
  await expect(group.start()).rejects.toThrow('b cannot start')
  expect(said).toEqual(['start a', 'start b', 'stop b', 'stop a'])
})

test('a service that cannot stop does not keep the others from stopping', async () => {
  const { said, service } = recorder()
  const group = new ServiceGroup([service('a'), service('b', 'stop')])
  await group.start()
  await expect(group.stop()).rejects.toThrow('b cannot stop')
  expect(said).toEqual(['start a', 'start b', 'stop b', 'stop a'])
})

test('stop before start does nothing', async () => {
  const { said, service } = recorder()
  await new ServiceGroup([service('a')]).stop()
  expect(said).toEqual([])
})

test('a stop while a service starts stops that one too, and starts no other', async () => {
  const { said, service } = recorder()
  const gate = Promise.withResolvers<void>()
  const slow: Service = { ...service('slow'), start: () => gate.promise }
  const group = new ServiceGroup([service('a'), slow, service('c')])
  const started = group.start()
  await Promise.resolve()
  await group.stop()
  expect(said).toEqual(['start a', 'stop slow', 'stop a'])
  gate.resolve()
  await started
  expect(said).toEqual(['start a', 'stop slow', 'stop a'])
})
