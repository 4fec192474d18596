import { CancelledError, TaskError, WorkerLostError } from '../base/index.ts'
import { toWireError } from '../protocol/index.ts'
import { expect, test } from 'vitest'
import { toForkpoolError, toTaskError } from './wire-errors.ts'

test('a thrown error is the cause, with class name, own properties and remote stack', () => {
  const thrown = Object.assign(new RangeError('too far', { cause: new TypeError('inner') }), { metres: 7 })
  const error = toTaskError({ at: 2, error: toWireError(thrown), attempts: 3 }, 'walk', 12)
  expect(error).toBeInstanceOf(TaskError)
  expect(error).toMatchObject({ code: 'TASK_FAILED', message: 'too far', task: 'walk', index: 12, attempts: 3 })
  expect(error.cause).toMatchObject({ name: 'RangeError', message: 'too far', metres: 7, stack: thrown.stack })
  expect((error.cause as Error).cause).toMatchObject({ name: 'TypeError', message: 'inner' })
})

test('a lost worker says how it ended', () => {
  const properties = { exitCode: 134, signal: 'SIGABRT', stderr: 'out of memory' }
  const error = toTaskError(
    { at: 0, error: { name: 'WorkerLostError', code: 'WORKER_LOST', message: 'gone', properties }, attempts: 3 },
    't',
    5,
  )
  expect(error).toBeInstanceOf(WorkerLostError)
  expect(error).toMatchObject({ code: 'WORKER_LOST', index: 5, attempts: 3, ...properties })
})

test('a code of ours is kept, and one that only looks like a property is not', () => {
  expect(toTaskError({ at: 0, error: { name: 'E', code: 'NOT_SERIALISABLE', message: 'm' }, attempts: 1 }, 't', 0).code).toBe(
    'NOT_SERIALISABLE',
  )
  expect(toTaskError({ at: 0, error: { name: 'E', code: '__proto__', message: 'm' }, attempts: 1 }, 't', 0).code).toBe('TASK_FAILED')
  expect(toForkpoolError({ name: 'E', code: 'DRAINING', message: 'm' }).code).toBe('DRAINING')
  expect(toForkpoolError({ name: 'E', code: 'constructor', message: 'm' }).code).toBe('BAD_MESSAGE')
  expect(toForkpoolError({ name: 'E', code: 'BATCH_CANCELLED', message: 'm' })).toBeInstanceOf(CancelledError)
})
