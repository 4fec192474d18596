import { describe, expect, it } from 'vitest'
import { decodeWorkerEnvironment, encodeWorkerEnvironment } from './worker-environment.ts'
import type { WorkerEnvironment } from './worker-environment.ts'

const ENVIRONMENT: WorkerEnvironment = {
  socketPath: '/tmp/a "quoted" folder/s.sock',
  token: 'c0ffee',
  workerId: 'w1',
  taskModules: ['/tasks/ü.ts'],
  taskRoots: [],
  primaryPid: 42,
  loopPollMs: 1,
}

describe('the environment of a worker', () => {
  it('arrives as it was, and leaves neither itself nor a secret behind', () => {
    const present = { FORKPOOL_TOKEN: 'secret', FORKPOOL_TASK_ROOTS: '/', DATABASE_URL: 'secret', HOME: '/home/me' }
    const variables: NodeJS.ProcessEnv = { ...present, ...encodeWorkerEnvironment(ENVIRONMENT, present, []) }
    expect(JSON.stringify(variables)).not.toContain('secret')
    expect(decodeWorkerEnvironment(variables)).toEqual(ENVIRONMENT)
    expect(variables).toEqual({ HOME: '/home/me', FORKPOOL_TOKEN: undefined, DATABASE_URL: undefined })
  })

  it('says who starts a worker where there is none', () => {
    const variables: NodeJS.ProcessEnv = { FORKPOOL_TOKEN: 'secret' }
    expect(() => decodeWorkerEnvironment(variables)).toThrow('FORKPOOL_WORKER is not set: this program is started by a coordinator')
    expect(variables).toEqual({})
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    JSON.stringify({ ...ENVIRONMENT, socketPath: 'relative' }),
    JSON.stringify({ ...ENVIRONMENT, token: '' }),
    JSON.stringify({ ...ENVIRONMENT, workerId: undefined }),
    JSON.stringify({ ...ENVIRONMENT, taskModules: [1] }),
    JSON.stringify({ ...ENVIRONMENT, taskRoots: '/' }),
    JSON.stringify({ ...ENVIRONMENT, primaryPid: 1.5 }),
    JSON.stringify({ ...ENVIRONMENT, loopPollMs: -1 }),
  ])('refuses %j without repeating it: it may hold a token', (text) => {
    expect(() => decodeWorkerEnvironment({ FORKPOOL_WORKER: text })).toThrow(/^FORKPOOL_WORKER does not hold what a coordinator writes$/)
  })
})
