import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { Cluster } from '@forkpool/client'
import { Coordinator, isAlive, runForkpool, waitUntil } from './support/forkpool.ts'

type Tasks = typeof import('./fixtures/permission-tasks.ts')

const TASKS = fileURLToPath(new URL('fixtures/permission-tasks.ts', import.meta.url))

let folder: string
let allowed: string
let coordinator: Coordinator
let cluster: Cluster<Tasks>
/** For tasks of no type. */
let builtIn: Cluster

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'forkpool-permissions-')))
  allowed = join(folder, 'allowed')
  mkdirSync(allowed)
  writeFileSync(join(allowed, 'data.txt'), 'twelve bytes')
  writeFileSync(join(folder, 'outside.txt'), 'a secret')
  coordinator = await Coordinator.start(['--worker-permissions', '--tasks', TASKS, '--task-roots', allowed, '--workers', '2'])
  cluster = await connect<Tasks>(coordinator.url)
  builtIn = await connect(coordinator.url)
})

afterAll(async () => {
  await cluster.close()
  await builtIn.close()
  await coordinator.stop()
  rmSync(folder, { recursive: true })
})

describe('a task under --worker-permissions', () => {
  test('reads what it is allowed to, and computes as ever', async () => {
    expect(await cluster.pool().map('fileLength', [join(allowed, 'data.txt')])).toEqual([12])
    expect(await builtIn.pool().submit('sha256File', join(allowed, 'data.txt'))).toMatch(/^[0-9a-f]{64}$/)
    expect(await builtIn.pool().map('square', [2, 3])).toEqual([4, 9])
  })

  test('does not read /etc/passwd, and is told so in words', async () => {
    await expect(cluster.pool().map('fileLength', ['/etc/passwd'], { retries: 3 })).rejects.toMatchObject({
      name: 'TaskError',
      code: 'NOT_ALLOWED',
      message: "this worker may not read /etc/passwd: it runs under Node's permission model",
      attempts: 1,
      cause: { code: 'NOT_ALLOWED' },
    })
  })

  test.each([
    ['a file beside the root', () => join(folder, 'outside.txt')],
    ['a way up', () => join(allowed, '..', 'outside.txt')],
    ['the environment of the worker', () => '/proc/self/environ'],
    ['the environment of the coordinator', () => `/proc/${coordinator.pid}/environ`],
  ])('does not read %s', async (_what, file) => {
    await expect(cluster.pool().submit('fileLength', file())).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
  })

  test('writes nothing, starts no process, no thread, loads no addon', async () => {
    const file = join(allowed, 'written.txt')
    await expect(cluster.pool().submit('writeText', file)).rejects.toMatchObject({
      message: expect.stringContaining(`may not write ${file}`) as unknown,
    })
    await expect(cluster.pool().submit('runProgram', '/bin/true')).rejects.toMatchObject({
      message: expect.stringContaining('may not start /bin/true') as unknown,
    })
    await expect(cluster.pool().submit('readInThread', '/etc/passwd')).rejects.toMatchObject({
      message: expect.stringContaining('may not start threads') as unknown,
    })
    await expect(cluster.pool().submit('loadAddon', join(allowed, 'addon.node'))).rejects.toMatchObject({
      message: expect.stringContaining('may not load native addons') as unknown,
    })
  })

  test('a link out of the root is followed by Node: the operator of a root must not let others make links in it', async () => {
    symlinkSync(join(folder, 'outside.txt'), join(allowed, 'link.txt'))
    // Documented (SECURITY.md): the model looks at the path. The built-in tasks look at the real file.
    await expect(builtIn.pool().submit('sha256File', join(allowed, 'link.txt'))).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
  })

  test('the watchdog still ends a worker whose coordinator is gone', async () => {
    const mortal = await Coordinator.start(['--worker-permissions', '--workers', '1', '--tasks', TASKS])
    await using busy = await connect<Tasks>(mortal.url, { reconnect: false })
    const endless = busy.pool({ size: 1 }).submit('spin')
    endless.catch(() => undefined)
    await waitUntil('it spins', async () => /"state":"busy"/.test(await (await fetch(`${mortal.url}/api/v1/workers`)).text()))
    const pids = mortal.workerPids()
    expect(pids.length).toBe(1)
    mortal.signal('SIGKILL')
    await mortal.exited
    await waitUntil('the worker has ended', () => !pids.some(isAlive))
  })
})

describe('the environment of workers', () => {
  test('holds what is on the list and what was named, and nothing else, also for /proc', async () => {
    const secrets = { FORKPOOL_LOG_LEVEL: 'warn', AWS_SECRET_ACCESS_KEY: 'canary-1', DATABASE_URL: 'named', PGPASSWORD: 'canary-2' }
    await using plain = await Coordinator.start(['--tasks', TASKS, '--workers', '1', '--worker-env', 'DATABASE_URL'], secrets)
    await using client = await connect<Tasks>(plain.url)
    const seen = (await client.pool().submit('variables')) as Record<string, string>
    expect(seen['DATABASE_URL']).toBe('named')
    expect(seen['PATH']).toBe(process.env['PATH'])
    const started = (await client.pool().submit('started')) as string
    for (const text of [JSON.stringify(seen), started]) expect(text).not.toContain('canary')
    for (const pid of plain.workerPids()) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('canary')
  })

  test('a setting of the coordinator cannot be let through', async () => {
    const { code, stderr } = await runForkpool(['serve', '--port', '0', '--worker-env', 'FORKPOOL_TOKEN'])
    expect(code).toBe(2)
    expect(stderr).toContain('--worker-env: FORKPOOL_TOKEN is a setting of the coordinator; tasks never see those')
  })
})

test('serve refuses --worker-permissions where tasks could read its token', async () => {
  const file = join(allowed, 'token')
  writeFileSync(file, 'secret-token')
  const { code, stderr } = await runForkpool([
    'serve',
    '--port',
    '0',
    '--worker-permissions',
    '--task-roots',
    allowed,
    '--token-file',
    file,
  ])
  expect(code).toBe(2)
  expect(stderr).toContain(`--worker-permissions: tasks may read ${allowed}, and ${file} (--token-file) lies in it`)
})
