import { expect, test } from 'vitest'
import { resolveSchedulerOptions } from './options.ts'
import type { SchedulerOptions } from './options.ts'

test('fills in defaults, also for what is undefined', () => {
  const resolved = resolveSchedulerOptions({ baseWorkers: 2, maxWorkers: 8, prefetch: undefined, crashLimit: 5 })
  expect(resolved).toEqual({
    baseWorkers: 2,
    maxWorkers: 8,
    concurrency: 1,
    idleRetireMs: 30_000,
    shardTargetMs: 50,
    shardMinimumMs: 2,
    shardBytesMax: 1_048_576,
    yieldAfterMs: 100,
    prefetch: 1,
    prefetchTinyMax: 32,
    prefetchTinyMs: 1,
    crashLimit: 5,
    crashBackoffMs: 100,
    cancelGraceMs: 1_000,
    ageingMs: 1_000,
    restartBackoffMs: 100,
    restartBackoffMaxMs: 10_000,
    failedStartsMax: 3,
    retryBackoffMaxMs: 3_600_000,
  })
})

test.each([
  [{ maxWorkers: 0 }, 'maxWorkers must be a number of at least 1, not 0'],
  [{ baseWorkers: 9 }, 'maxWorkers (8) must be at least baseWorkers (9)'],
  [{ baseWorkers: 0.5 }, 'baseWorkers must be a whole number, not 0.5'],
  [{ crashLimit: 0 }, 'crashLimit must be a number of at least 1, not 0'],
  [{ prefetch: -1 }, 'prefetch must be a number of at least 0, not -1'],
  [{ idleRetireMs: Number.NaN }, 'idleRetireMs must be a number of at least 0, not NaN'],
  [{ ageingMs: Number.POSITIVE_INFINITY }, 'ageingMs must be a number of at least 1, not Infinity'],
  [{ yieldAfterMs: '5' as unknown as number }, 'yieldAfterMs must be a number of at least 1, not 5'],
] as readonly (readonly [Partial<SchedulerOptions>, string])[])('refuses %j', (wrong, message) => {
  expect(() => resolveSchedulerOptions({ baseWorkers: 2, maxWorkers: 8, ...wrong })).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT', message: `scheduler option ${message}` }),
  )
})
