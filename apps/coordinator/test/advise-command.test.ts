import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Advice } from '@forkpool/pool-core'
import { runForkpool } from './support/forkpool.ts'

const MODULE = fileURLToPath(new URL('./fixtures/user-tasks.ts', import.meta.url))
const quick = ['--budget-ms', '50']

test('says which way pays, with the figures, and needs no coordinator', async () => {
  const { code, stdout, stderr } = await runForkpool(['advise', 'sleep', '20', ...quick], undefined, { FORKPOOL_URL: 'ws://127.0.0.1:1' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n')
  expect(lines[0]).toMatch(/^sleep: plain async, \d+ at once$/)
  expect(lines[2]).toMatch(/^way +workers +at once +tasks\/s +speed-up +start \(ms\)$/)
  expect(lines.slice(3, 6).map((line) => line.split(/ {2,}/)[0])).toEqual(['plain async', 'threads', 'processes'])
  expect(stdout).toMatch(/it waits/)
})

test('--json, a module of the user, and several arguments', async () => {
  const { code, stdout } = await runForkpool(['advise', 'add', '[1,2]', '[3,4]', '--spread', '--tasks', MODULE, '--json', ...quick])
  expect(code).toBe(0)
  const advice = JSON.parse(stdout) as Advice
  expect(advice).toMatchObject({ task: 'add', recommended: 'async', size: 1 })
  expect(advice.measured.cores).toBeGreaterThan(0)
  expect(advice.reasons.length).toBeGreaterThan(1)
})

test('a task that throws: exit code 1, and where it threw', async () => {
  const { code, stdout, stderr } = await runForkpool(['advise', 'pay', 'acme', '--tasks', MODULE])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('task "pay", item 0: PaymentDeclined: the account acme is empty')
})

test.each([
  [['advise'], 'expected the name of a task'],
  [['advise', 'sqare', '1'], 'no task is named "sqare"; did you mean square'],
  [['advise', 'square', '1', '--tasks', '/no/such/file.ts'], '--tasks: there is no file /no/such/file.ts'],
  [['advise', 'square', '--items', '5..1'], '--items: expected a range'],
  [['advise', 'square', '1', '--spread'], '--spread: expected lists of arguments, got 1'],
  [['advise', 'square', '1', '--budget-ms', '0'], '--budget-ms: expected a whole number from 1'],
  [['advise', 'square', '1', '--url', 'ws://127.0.0.1:1'], 'unknown option --url'],
])('bad usage: %j', async (words, part) => {
  const { code, stdout, stderr } = await runForkpool(words)
  expect(stderr).toContain(part)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
