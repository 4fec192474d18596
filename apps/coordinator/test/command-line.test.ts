import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ComparisonReport } from '@forkpool/pool-core/protocol'
import { Coordinator, runForkpool } from './support/forkpool.ts'
import type { Finished } from './support/forkpool.ts'

let coordinator: Coordinator
let folder: string

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkpool-test-'))
  coordinator = await Coordinator.start(['--log-level', 'fatal', '--tasks', fixture('user-tasks.ts')])
})

afterAll(async () => {
  await coordinator.stop()
  await rm(folder, { recursive: true, force: true })
})

function run(words: readonly string[], input?: string): Promise<Finished> {
  return runForkpool([...words, '--url', coordinator.url], input)
}

/** A message for a person: one or a few lines, and no stack of ours. */
function expectClear(finished: Finished, code: number, ...parts: readonly string[]): void {
  for (const part of parts) expect(finished.stderr).toContain(part)
  expect(finished.stderr).not.toMatch(/^\s+at /m)
  expect(finished.code).toBe(code)
}

describe('map', () => {
  test('a million squares in order, into a file', async () => {
    const output = join(folder, 'squares.jsonl')
    const finished = await run(['map', 'square', '--items', '1..1000000', '--pool-size', '2', '--output', output])
    expect(finished).toEqual({ code: 0, stdout: '', stderr: '' })
    const lines = (await readFile(output, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(1_000_000)
    expect(lines.findIndex((line, i) => line !== String((i + 1) ** 2))).toBe(-1)
  })

  test('works as a filter', async () => {
    const input = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('')
    const finished = await run(['map', 'square', '--pool-size', '4'], input)
    expect(finished.code).toBe(0)
    expect(
      finished.stdout
        .trimEnd()
        .split('\n')
        .findIndex((line, i) => line !== String((i + 1) ** 2)),
    ).toBe(-1)
    expect(finished.stdout.trimEnd().split('\n')).toHaveLength(100_000)
  })

  test('a reader that leaves early ends it quietly', async () => {
    const script = `"$0" "$1" map square --items 1..1000000 --url "$2" | head -3; echo "codes $\{PIPESTATUS[*]}"`
    const program = fileURLToPath(new URL('../bin/forkpool.mjs', import.meta.url))
    const shell = spawn('bash', ['-c', script, process.execPath, program, coordinator.url], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    shell.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    await new Promise((resolve) => shell.once('close', resolve))
    expect(stderr).toBe('')
    expect(stdout).toBe('1\n4\n9\ncodes 0 0\n')
  })

  test('operands are JSON or text; --spread calls with several arguments; big integers are written in full', async () => {
    expect((await run(['map', 'factorial', '25', '3'])).stdout).toBe('15511210043330985984000000\n6\n')
    expect((await run(['map', 'add', '[1,2]', '[3,4]', '--spread'])).stdout).toBe('3\n7\n')
  })

  test('a task that throws: message, class, own properties, where it was thrown; exit code 1', async () => {
    const finished = await run(['map', 'pay', 'acme'])
    expect(finished.code).toBe(1)
    expect(finished.stderr).toContain('task "pay", item 0: PaymentDeclined: the account acme is empty')
    expect(finished.stderr).toContain('account: "acme"')
    expect(finished.stderr).toContain('retryAfterSeconds: 30')
    expect(finished.stderr).toMatch(/at pay \(.*user-tasks\.ts:/)
    expect(finished.stdout).toBe('{"error":{"index":0,"name":"PaymentDeclined","message":"the account acme is empty"}}\n')
  })

  test('fail needs no item', async () => {
    const finished = await run(['map', 'fail'])
    expect(finished.code).toBe(1)
    expect(finished.stderr).toContain('task "fail", item 0: ')
  })
})

describe('bad input', () => {
  test('an unknown task names the nearest', async () => {
    expectClear(await run(['map', 'sqare', '1']), 2, 'no task is named "sqare"; did you mean square')
  })

  test('a line that is not JSON is named by its number', async () => {
    expectClear(await run(['map', 'square'], '1\n2\n{oops\n4\n'), 2, 'standard input, line 3: expected JSON, got {oops')
    const file = join(folder, 'bad.jsonl')
    await writeFile(file, '1\n\nnope\n')
    expectClear(await run(['map', 'square', '--items-file', file]), 2, `${file}, line 3: expected JSON, got nope`)
    expectClear(await run(['map', 'square', '--items-file', join(folder, 'none.jsonl')]), 2, 'there is no such file')
  })

  test.each(['0', '-1', '1.5', '1000000000', 'x'])('pool size %s', async (size) => {
    expectClear(await run(['map', 'square', '1', '--pool-size', size]), 2, size)
    expectClear(await run(['compare', 'square', '--items', '1..10', '--pool-sizes', `2,${size}`]), 2, size)
  })

  test('a range that is none, and sources that do not go together', async () => {
    expectClear(await run(['map', 'square', '--items', '5..1']), 2, '--items: expected a range such as 1..1000000, got "5..1"')
    expectClear(await run(['map', 'square', '1', '--items', '1..2']), 2, '--items and items as operands do not go together')
  })

  test('an unknown option and an unknown command name the nearest', async () => {
    expectClear(await run(['map', 'square', '1', '--pool-sise', '2']), 2, 'unknown option --pool-sise; did you mean --pool-size')
    expectClear(await runForkpool(['mpa']), 2, 'unknown command "mpa"; did you mean map')
  })

  test('nobody answers', async () => {
    expectClear(
      await runForkpool(['map', 'square', '1', '--url', 'ws://127.0.0.1:1']),
      3,
      'no coordinator answers at',
      'npx forkpool serve',
    )
    expectClear(await runForkpool(['status', '--url', 'nonsense']), 2, '--url: expected an address such as')
  })

  test('an output that cannot be written', async () => {
    expectClear(await run(['map', 'square', '1', '--output', join(folder, 'no', 'such', 'folder')]), 2, 'cannot be written')
  })

  test('serve: a port in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expectClear(await runForkpool(['serve', '--port', String(port), '--log-level', 'fatal']), 2, `port ${port} on 127.0.0.1 is in use`)
    server.close()
  })

  test.each([
    ['exports-nothing.ts', 'exports-nothing.ts'],
    ['throws-on-load.ts', 'the licence file is missing'],
    ['exits-on-load.ts', 'workers end before they are ready (exit code 7)'],
    ['does-not-exist.ts', 'does-not-exist.ts'],
  ])('serve: a task module that is no use: %s', async (name, part) => {
    expectClear(await runForkpool(['serve', '--port', '0', '--log-level', 'silent', '--tasks', fixture(name)]), 2, part)
  })

  test('serve: a task module that does not parse', async () => {
    const module = join(folder, 'not-typescript.ts')
    await writeFile(module, 'export const broken = (n: number => n\n')
    expectClear(
      await runForkpool(['serve', '--port', '0', '--log-level', 'silent', '--tasks', module]),
      2,
      'it does not parse',
      'not-typescript.ts:1',
    )
  })

  test('serve beyond loopback without a token makes one and refuses without it', async () => {
    await using open = await Coordinator.start(['--host', '0.0.0.0', '--log-level', 'fatal'])
    const token = /clients need this token: (\S+)/.exec(open.stdout)?.[1] as string
    const url = open.url.replace('0.0.0.0', '127.0.0.1')
    expectClear(await runForkpool(['map', 'square', '3', '--url', url]), 3, 'a token is needed')
    expectClear(await runForkpool(['status', '--url', url], '', { FORKPOOL_TOKEN: 'wrong' }), 3, 'the token is wrong')
    expect((await runForkpool(['map', 'square', '3', '--url', url], '', { FORKPOOL_TOKEN: token })).stdout).toBe('9\n')
    expect(open.stderr).not.toContain(token)
  })
})

describe('looking', () => {
  test('pools, workers, batches, tasks and status are tables, or JSON', async () => {
    await run(['map', 'square', '1', '2', '--pool-size', '2'])
    expect((await run(['pools'])).stdout).toMatch(/^POOL +SIZE/)
    expect((await run(['workers'])).stdout).toMatch(/^WORKER +PID/)
    expect((await run(['batches', '--limit', '1'])).stdout).toMatch(/^BATCH +TASK.*\n.*square.*\nshowing 1 of/)
    expect((await run(['tasks'])).stdout).toContain('add(a, b)')
    expect((await run(['status'])).stdout).toMatch(/^coordinator +forkpool\//)
    expect(JSON.parse((await run(['status', '--json'])).stdout)).toMatchObject({ engine: 'memory' })
  })

  test('cancel ends an open batch, which says so', async () => {
    const slow = run(['map', 'sleep', ...new Array<string>(200).fill('200'), '--pool-size', '1'])
    let id: string | undefined
    while (id === undefined) {
      const { batches } = JSON.parse((await run(['batches', '--json'])).stdout) as {
        batches: { id: string; task: string; state: string }[]
      }
      id = batches.find((batch) => batch.task === 'sleep' && batch.state === 'open')?.id
    }
    expect((await run(['cancel', id])).stdout).toMatch(new RegExp(`^batch ${id} is cancell`))
    expect((await slow).code).toBe(1)
    expectClear(await run(['cancel', id]), 2, 'has ended already')
    expectClear(await run(['cancel', 'nonsense']), 2, 'no batch nonsense')
  })

  test('help, everywhere', async () => {
    expect((await runForkpool(['--help'])).stdout).toContain('forkpool COMMAND')
    expect((await runForkpool(['map', '--help'])).stdout).toContain('--pool-size N')
    expect((await runForkpool([])).code).toBe(0)
  })
})

describe('compare', () => {
  test('the table, and the report as JSON', async () => {
    const table = await run(['compare', 'square', '--items', '1..20000', '--pool-sizes', '1,2', '--repeats', '1'])
    expect(table.stdout).toMatch(/pool size +time \(s\) +tasks\/s +speed-up +efficiency/)
    expect(table.stdout).toContain('Recommended pool size:')
    const report = JSON.parse(
      (await run(['compare', 'square', '--items', '1..20000', '--pool-sizes', '1,2', '--repeats', '1', '--json'])).stdout,
    ) as ComparisonReport
    expect(report).toMatchObject({ task: 'square', items: 20_000, repeats: 1 })
    expect(report.runs.map((each) => each.poolSize)).toEqual([1, 2])
    expect(new Set(report.runs.map((each) => each.resultDigest)).size).toBe(1)
    expect(report.runs.map((each) => each.workers)).toEqual([1, 2])
  })
})
