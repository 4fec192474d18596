import { describe, expect, test } from 'vitest'
import { flagName, variableName } from './flag-name.ts'
import { readConfig } from './read-config.ts'

describe('readConfig', () => {
  test('takes flags before variables before defaults', () => {
    const environment = { FORKPOOL_PORT: '8000', FORKPOOL_MAX_WORKERS: '9' }
    const config = readConfig({ port: '9000' }, environment)
    expect(config.port).toBe(9000)
    expect(config.maxWorkers).toBe(9)
    expect(config.host).toBe('127.0.0.1')
  })

  test('an empty variable counts as not set', () => {
    expect(readConfig({}, { FORKPOOL_PORT: '' }).port).toBe(7070)
  })

  test.each([
    [{ port: 'x' }, '--port: expected a whole number from 0 to 65535, got "x"'],
    [{ port: '65536' }, '--port: expected a whole number from 0 to 65535, got "65536"'],
    [{ port: '1.5' }, '--port: expected a whole number from 0 to 65535, got "1.5"'],
    [{ maxWorkers: '0' }, '--max-workers: expected a whole number from 1 to 1024, got "0"'],
    [{ logLevel: 'loud' }, '--log-level: expected one of fatal, error, warn, info, debug, trace, silent, got "loud"'],
    [{ tokenFile: '/does/not/exist' }, '--token-file: cannot read /does/not/exist: ENOENT'],
  ])('refuses %j', (flags, message) => {
    expect(() => readConfig(flags, {})).toThrow(message)
  })

  test('a variable is named in its error', () => {
    expect(() => readConfig({}, { FORKPOOL_PORT: '-1' })).toThrow('FORKPOOL_PORT: expected a whole number from 0 to 65535, got "-1"')
  })

  test('fewer workers at most than are kept lowers what is kept, unless that was asked for', () => {
    const config = readConfig({ maxWorkers: '1' }, {})
    expect(config.workers).toBe(1)
    expect(() => readConfig({ maxWorkers: '1', workers: '2' }, {})).toThrow('--workers: 2 is more than --max-workers 1')
  })

  test('lists come from several flags or one variable with commas', () => {
    expect(readConfig({ tasks: ['a.ts', 'b.ts'] }, {}).tasks).toEqual(['a.ts', 'b.ts'])
    expect(readConfig({}, { FORKPOOL_TASKS: 'a.ts, b.ts' }).tasks).toEqual(['a.ts', 'b.ts'])
    expect(() => readConfig({}, { FORKPOOL_TASKS: 'a.ts,,b.ts' })).toThrow('FORKPOOL_TASKS: expected values separated by commas')
  })

  test('names of flags and variables derive from the key', () => {
    expect(flagName('maxWorkers')).toBe('max-workers')
    expect(variableName('maxWorkers')).toBe('FORKPOOL_MAX_WORKERS')
  })
})
