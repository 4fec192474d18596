import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { range } from '@forkpool/pool-core/batch'
import { deferred } from '@forkpool/pool-core/base'
import type { BatchView } from '@forkpool/pool-core/protocol'
import { parseResultLine } from '@forkpool/pool-core/protocol'
import { ask } from './support/ask.ts'
import { DataDirs } from './support/data-dirs.ts'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'
import type { Finished } from './support/forkpool.ts'

const dirs = new DataDirs()
let coordinator: Coordinator
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forkpool-results-'))
  coordinator = await Coordinator.start(['--data-dir', dirs.next(), '--workers', '2'])
})

afterAll(async () => {
  await coordinator.stop()
  dirs.remove()
  rmSync(folder, { recursive: true })
})

function run(words: readonly string[], input?: string): Promise<Finished> {
  return runForkpool(words, input, { FORKPOOL_URL: coordinator.url })
}

/** Runs a batch to its end and gives its identifier. */
async function idOf(task: string, items: readonly unknown[]): Promise<string> {
  await using cluster = await connect(coordinator.url)
  const id = deferred<string>()
  await cluster.pool({ size: 2 }).map(task, items as unknown[], { settle: true, onAccepted: (batch) => id.resolve(batch.id) })
  return await id.promise
}

function pathOf(id: string, query = ''): string {
  return `/api/v1/batches/${id}/results${query}`
}

function linesOf(body: string): readonly unknown[] {
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map(parseResultLine)
}

describe('GET /api/v1/batches/{id}/results', () => {
  test('a line for each task: values as they were, and errors with their parts', async () => {
    const squares = await idOf('square', [1, 2.5, -3])
    expect(linesOf((await ask(coordinator.url, 'GET', pathOf(squares))).body)).toEqual([
      { index: 0, value: 1 },
      { index: 1, value: 6.25 },
      { index: 2, value: 9 },
    ])
    const big = await idOf('factorial', [25])
    expect((await ask(coordinator.url, 'GET', pathOf(big))).body).toBe(
      '{"index":0,"value":{"$type":"bigint","value":"15511210043330985984000000"}}\n',
    )
    const failed = await idOf('fail', ['x'])
    expect(linesOf((await ask(coordinator.url, 'GET', pathOf(failed))).body)).toMatchObject([
      { index: 0, error: { name: 'DemonstrationError', message: 'x', properties: { item: 0 } }, attempts: 1 },
    ])
  })

  test('a part of them, HEAD, and what is wrong with a question', async () => {
    const id = await idOf('square', [1, 2, 3, 4, 5])
    const part = await ask(coordinator.url, 'GET', pathOf(id, '?from=1&limit=2&wait=true'))
    expect(linesOf(part.body)).toEqual([
      { index: 1, value: 4 },
      { index: 2, value: 9 },
    ])
    expect(await ask(coordinator.url, 'HEAD', pathOf(id))).toEqual({ status: 200, body: '' })
    for (const [path, status, code] of [
      [pathOf('none'), 404, 'BATCH_UNKNOWN'],
      [pathOf(id, '?from=-1'), 400, 'BAD_ARGUMENT'],
      [pathOf(id, '?limit=0'), 400, 'BAD_ARGUMENT'],
      [pathOf(id, '?wait=maybe'), 400, 'BAD_ARGUMENT'],
    ] as const) {
      const answer = await ask(coordinator.url, 'GET', path)
      expect(answer.status, path).toBe(status)
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code } })
    }
  })

  test('of an open batch what is recorded, or with wait all of it in order, and its own reader does not notice', async () => {
    await using cluster = await connect(coordinator.url)
    const id = deferred<string>()
    const items = Array.from({ length: 60 }, () => 20)
    const results = cluster.pool({ size: 2 }).map('sleep', items, { chunkSize: 1, onAccepted: (batch) => id.resolve(batch.id) })
    const path = pathOf(await id.promise)
    const followed = ask(coordinator.url, 'GET', `${path}?wait=true`)
    await waitUntil('something is recorded', async () => (await ask(coordinator.url, 'GET', path)).body !== '')
    const soFar = linesOf((await ask(coordinator.url, 'GET', path)).body).length
    expect(soFar).toBeGreaterThan(0)
    expect(soFar).toBeLessThan(60)
    expect(await results).toHaveLength(60)
    const lines = linesOf((await followed).body) as readonly { index: number }[]
    expect(lines.map(({ index }) => index)).toEqual(items.map((_, index) => index))
  })

  test('a reader that stops reading holds up nobody, and no more than a piece is in memory for it', async () => {
    await using cluster = await connect(coordinator.url)
    const id = deferred<string>()
    await cluster.pool({ size: 2 }).map('square', range(1, 1_000_001), { onAccepted: (batch) => id.resolve(batch.id) })
    const path = pathOf(await id.promise)
    const before = await residentBytes()
    const answers = await Promise.all(Array.from({ length: 20 }, () => openAnswer(path)))
    expect(await cluster.pool().map('square', [3])).toEqual([9])
    // Twenty answers of 40 MB each are 800 MB.
    expect((await residentBytes()) - before).toBeLessThan(150 * 1024 * 1024)
    for (const stop of answers) stop()
  })

  test('410 where results were not kept', async () => {
    await using forgetful = await Coordinator.start(['--ephemeral', '--workers', '1'])
    await using cluster = await connect(forgetful.url)
    const id = deferred<string>()
    await cluster.pool().map('square', range(1, 4_000_001), { onAccepted: (batch) => id.resolve(batch.id) })
    const answer = await ask(forgetful.url, 'GET', pathOf(await id.promise))
    expect(answer.status).toBe(410)
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'RESULTS_GONE' } })
    const command = await runForkpool(['results', await id.promise], '', { FORKPOOL_URL: forgetful.url })
    expect(command).toMatchObject({ code: 1, stdout: '' })
    expect(command.stderr).toContain('did not fit into the memory')
  })

  test("one's own batches, and an admin all: somebody else's is unknown", async () => {
    const lines: string[] = []
    const tokens: Record<string, string> = {}
    for (const [name, role] of [
      ['ann', 'submit'],
      ['bob', 'submit'],
      ['eve', 'read'],
      ['root', 'admin'],
    ] as const) {
      const { stdout } = await runForkpool(['token', 'create', '--role', role, '--name', name, '--json'])
      const { token, line } = JSON.parse(stdout) as { token: string; line: string }
      tokens[`${name} ${role}`] = token
      lines.push(line)
    }
    const file = join(folder, 'tokens')
    writeFileSync(file, `${lines.join('\n')}\n`)
    await using guarded = await Coordinator.start(['--token-file', file, '--data-dir', dirs.next()])
    await using cluster = await connect(guarded.url, { token: tokens['ann submit'] })
    const id = deferred<string>()
    await cluster.pool().map('square', [3], { onAccepted: (batch) => id.resolve(batch.id) })
    const found = await id.promise
    const status = async (who: string): Promise<number> =>
      (await ask(guarded.url, 'GET', pathOf(found), { Authorization: `Bearer ${tokens[who]}` })).status
    expect(await Promise.all(['ann submit', 'eve read', 'bob submit', 'root admin'].map(status))).toEqual([200, 404, 404, 200])
    expect((await ask(guarded.url, 'GET', pathOf(found))).status).toBe(401)
    await using bob = await connect(guarded.url, { token: tokens['bob submit'] })
    await expect(bob.attach(found).results()).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
  })
})

async function residentBytes(): Promise<number> {
  return (JSON.parse((await ask(coordinator.url, 'GET', '/api/v1/status')).body) as { residentBytes: number }).residentBytes
}

/** Begins to read an answer and stops; what is returned lets go of it. */
function openAnswer(path: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const request = get(new URL(path, coordinator.url), { agent: false }, (response) => {
      response.pause()
      resolve(() => request.destroy())
    })
    request.on('error', reject)
  })
}

describe('forkpool results', () => {
  test('prints what map prints, to standard output and into a file', async () => {
    const id = await idOf('square', range(1, 50_001) as unknown as unknown[])
    const printed = await run(['results', id])
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    const lines = printed.stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(50_000)
    expect(lines.findIndex((line, i) => line !== String((i + 1) ** 2))).toBe(-1)
    const output = join(folder, 'squares.jsonl')
    expect(await run(['results', id, '--output', output])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(output, 'utf8')).toBe(printed.stdout)
    const big = await idOf('factorial', [25])
    expect((await run(['results', big])).stdout).toBe('15511210043330985984000000\n')
  })

  test('exit code 1 and the failures, where a task failed', async () => {
    const id = await idOf('fail', ['x', 'y'])
    const { code, stdout, stderr } = await run(['results', id])
    expect(code).toBe(1)
    expect(stdout).toBe(
      '{"error":{"index":0,"name":"DemonstrationError","message":"x"}}\n{"error":{"index":1,"name":"DemonstrationError","message":"y"}}\n',
    )
    expect(stderr).toContain('task "fail", item 0: DemonstrationError: x')
    expect(stderr).toContain('2 of 2 tasks failed')
  })

  test('follows a batch that runs, and leaves it to its own reader; one that is cancelled says so', async () => {
    const mapped = run(['map', 'sleep', ...new Array<string>(60).fill('20'), '--pool-size', '2', '--chunk-size', '1'])
    const id = await openId('sleep')
    const [followed, own] = await Promise.all([run(['results', id]), mapped])
    expect(own.code).toBe(0)
    expect(followed).toEqual(own)

    const slow = run(['map', 'sleep', ...new Array<string>(300).fill('50'), '--pool-size', '2', '--chunk-size', '1'])
    const open = await openId('sleep')
    const reading = run(['results', open])
    await run(['cancel', open])
    expect((await slow).code).toBe(1)
    const { code, stderr } = await reading
    expect(stderr).toMatch(new RegExp(`batch ${open} was cancelled: \\d+ of its tasks did not run`))
    expect(code).toBe(1)
  })

  test('an unknown batch, no batch, and no coordinator are clear', async () => {
    const unknown = await run(['results', 'none'])
    expect(unknown).toEqual({ code: 2, stdout: '', stderr: 'forkpool: no batch none is kept; `forkpool batches` lists them\n' })
    expect((await run(['results'])).code).toBe(2)
    const none = await runForkpool(['results', 'x', '--url', 'ws://127.0.0.1:1'])
    expect(none.code).toBe(3)
    expect(none.stderr).toContain('no coordinator answers')
  })
})

/** The identifier of an open batch of this task. */
async function openId(task: string): Promise<string> {
  let id: string | undefined
  await waitUntil('the batch is open', async () => {
    const { batches } = JSON.parse((await ask(coordinator.url, 'GET', '/api/v1/batches')).body) as { batches: readonly BatchView[] }
    id = batches.find((batch) => batch.task === task && batch.state === 'open')?.id
    return id !== undefined
  })
  return id ?? ''
}

describe('forkpool map', () => {
  test('--key: the same command again prints the same and runs nothing', async () => {
    const words = ['map', 'square', '--items', '1..1000', '--key', 'thousand']
    const first = await run(words)
    expect(first.code).toBe(0)
    expect(await run(words)).toEqual(first)
    const { batches } = JSON.parse((await run(['batches', '--json', '--limit', '500'])).stdout) as { batches: readonly BatchView[] }
    expect(batches.filter(({ submitted }) => submitted === 1000)).toHaveLength(1)
    const other = await run(['map', 'square', '--items', '1..1001', '--key', 'thousand'])
    expect(other.code).toBe(1)
    expect(other.stderr).toContain('the key was given to batch')
  })

  test('--detach: prints the identifier, and the batch runs to its end by itself', async () => {
    const words = ['map', 'sleep', ...new Array<string>(40).fill('20'), '--pool-size', '2', '--detach', '--key', 'later']
    const { code, stdout, stderr } = await run(words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const id = stdout.trim()
    const results = await run(['results', id])
    expect(results.code).toBe(0)
    expect(results.stdout.trimEnd().split('\n')).toHaveLength(40)
    expect((await run(words)).stdout.trim()).toBe(id)
    const view = JSON.parse((await ask(coordinator.url, 'GET', `/api/v1/batches/${id}`)).body) as BatchView
    expect(view).toMatchObject({ state: 'completed', completed: 40 })
  })

  test('--detach: all of a piped input is recorded before it ends', async () => {
    const input = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('')
    const id = (await run(['map', 'square', '--detach'], input)).stdout.trim()
    const view = JSON.parse((await ask(coordinator.url, 'GET', `/api/v1/batches/${id}`)).body) as BatchView
    expect(view.submitted).toBe(200_000)
    const { stdout } = await run(['results', id])
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(String(200_000 ** 2))
  })

  test('--detach: what is refused, or has no items, is told', async () => {
    expect((await run(['map', 'square', '--detach', '--output', 'x', '1'])).code).toBe(2)
    expect(await run(['map', 'sqare', '--detach', '1'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('did you mean'),
    })
    const empty = join(folder, 'empty.jsonl')
    writeFileSync(empty, '')
    expect(await run(['map', 'square', '--detach', '--items-file', empty])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'forkpool: map: there are no items\n',
    })
  })
})
