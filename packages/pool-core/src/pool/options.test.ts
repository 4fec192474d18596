import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { resolvePoolOptions } from './options.ts'
import type { LocalPoolOptions } from './options.ts'

const MODULE = new URL('file:///srv/tasks.ts')

test('without options: a worker per core, started when needed, never replaced', () => {
  expect(resolvePoolOptions(MODULE, {})).toMatchObject({
    modules: ['file:///srv/tasks.ts'],
    size: availableParallelism(),
    minSize: 0,
    idleTimeoutMs: 30_000,
    maxTasksPerWorker: undefined,
    queueLimit: Infinity,
    crashLimit: 3,
    initializerArguments: [],
  })
})

test('modules are URLs or absolute paths, one or several', () => {
  expect(resolvePoolOptions(['/srv/a b.ts', 'file:///srv/c.ts'], {}).modules).toEqual(['file:///srv/a%20b.ts', 'file:///srv/c.ts'])
})

test.each([[[]], ['./tasks.ts'], [new URL('https://example.org/tasks.js')], [5]])('the module %j is BAD_ARGUMENT', (modules) => {
  expect(() => resolvePoolOptions(modules as URL, {})).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error)
})

const BAD: readonly (readonly [string, LocalPoolOptions])[] = [
  ['pool size', { size: 0 }],
  ['pool size', { size: 1_025 }],
  ['minSize', { size: 2, minSize: 3 }],
  ['idleTimeoutMs', { idleTimeoutMs: -1 }],
  ['maxTasksPerWorker', { maxTasksPerWorker: 0.5 }],
  ['maxTasksPerWorker', { maxTasksPerWorker: '12' as unknown as number }],
  ['queueLimit', { queueLimit: 0 }],
  ['crashLimit', { crashLimit: 0 }],
  ['cancelGraceMs', { cancelGraceMs: Number.NaN }],
  ['heapMb', { heapMb: 0 }],
  ['initializer', { initializer: '' }],
  ['finalizer', { finalizer: 5 as unknown as string }],
  ['initializerArguments', { initializerArguments: 'x' as unknown as unknown[] }],
  ['retries', { retries: -1 }],
  ['timeoutMs', { timeoutMs: 0 }],
]
test.each(BAD)('a bad %s is BAD_ARGUMENT, and named', (name, options) => {
  expect(() => resolvePoolOptions(MODULE, options)).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining(name) as string }) as Error,
  )
})
