import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { SOURCE_FLAGS, startCoordinator, type Coordinator } from '@forkpool/tools/service'
import { python } from '@forkpool/tools/install/python.mjs'
import { afterAll, beforeAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'forkpool-examples-'))
let coordinator: Coordinator

beforeAll(async () => {
  const tasks = fileURLToPath(new URL('./tasks.ts', import.meta.url))
  coordinator = await startCoordinator({ port: 0, logFile: join(folder, 'coordinator.log'), args: ['--tasks', tasks] })
})
afterAll(async () => {
  await coordinator?.process.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Run {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly stderr: string
}

async function run(command: string, args: readonly string[]): Promise<Run> {
  const child = spawn(command, args, { env: { ...process.env, FORKPOOL_URL: coordinator.url }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, lines: stdout.trimEnd().split('\n'), stderr }
}

function runLesson(name: string): Promise<Run> {
  return run(process.execPath, [...SOURCE_FLAGS, fileURLToPath(new URL(name, import.meta.url))])
}

test('01: a million squares at three pool sizes', async () => {
  const { code, lines, stderr } = await runLesson('01-pool-of-squares.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual(
    [2, 4, 8].map(
      (size) => expect.stringMatching(`^pool size ${size}: 1000000 squares in \\d+\\.\\d{3} s, the last is 1000000000000$`) as string,
    ),
  )
})

test('02: the five ways to meet an exception', async () => {
  const { code, lines, stderr } = await runLesson('02-exceptions.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual([
    'try: task parseCents failed at index 1: "ten" is no amount of money',
    'future: AmountError with input "ten"',
    'log: {"task":"parseCents","attempts":1,"error":"\\"ten\\" is no amount of money","file":"tasks.ts"}',
    'retry: ready at try 3',
    'fallback: 1250, 0, 300',
  ])
})

test('03: eight workers shorten waiting by more than half, whatever the cores', async () => {
  const { code, lines, stderr } = await runLesson('03-io-or-cpu.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const parsed = lines.map((line) => /^(\S+): 1 worker ([\d.]+) s, 8 workers ([\d.]+) s: ([\d.]+) times as fast on \d+ cores$/.exec(line))
  expect(parsed.map((match) => match?.[1])).toEqual(['I/O-bound', 'CPU-bound'])
  const [io, cpu] = parsed.map((match) => match?.slice(2, 5).map(Number) ?? [])
  // Sixteen waits of 0.1 s: 1.6 s one after the other, 0.2 s eight at a time; half of the gain is left to a busy machine.
  expect(io?.[0]).toBeGreaterThanOrEqual(1.6)
  expect(io?.[2]).toBeGreaterThan(2)
  expect(cpu?.[0]).toBeGreaterThan(0)
})

test('04: updates are lost without a lock, and none with it', async () => {
  const { code, lines, stderr } = await runLesson('04-race-condition.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines[0]).toMatch(/^increment: 4 processes × 200000 = \d+, [1-9]\d* lost$/)
  expect(lines[1]).toBe('incrementLocked: 4 processes × 200000 = 800000, none lost')
})

test('05: threads and processes square the same numbers where they lie', async () => {
  const { code, lines, stderr } = await runLesson('05-shared-data.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual([
    'threads: the square of 499999 is 249999000001',
    'processes: the square of 999999 is 999998000001',
    'all squared: true',
  ])
})

test('06: factorials in threads', async () => {
  const { code, lines, stderr } = await runLesson('06-factorials.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual([
    '5! = 120',
    '10! = 3628800',
    '15! = 1307674368000',
    '20! = 2432902008176640000',
    '25! = 15511210043330985984000000',
    'digits of 1000!, 2000! and 3000!: 2568, 5736, 9131',
  ])
})

test('07: threads and processes both ways, and the advice', async () => {
  const { code, lines, stderr } = await runLesson('07-threads-or-processes.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toHaveLength(4)
  const io =
    /^I\/O-bound: 2 threads ([\d.]+) s, 2 processes ([\d.]+) s$/
      .exec(lines[0] ?? '')
      ?.slice(1)
      .map(Number) ?? []
  // Eight waits of 0.1 s by two workers. One alone would take 0.8 s; half of the gain is left to a busy machine.
  for (const seconds of io) expect(seconds).toBeGreaterThanOrEqual(0.4)
  expect(Math.min(...io)).toBeLessThan(0.6)
  expect(lines[1]).toMatch(/^CPU-bound: 2 threads [\d.]+ s, 2 processes [\d.]+ s$/)
  expect(lines[2]).toMatch(/^I\/O-bound: advised async, pool size 1, \d\d at once; \d+ % of its time on a processor$/)
  expect(lines[3]).toMatch(/^CPU-bound: advised (async|threads|processes), pool size \d+, 1 at once; \d+ % of its time on a processor$/)
})

test('08: the calls of a process pool', async () => {
  const { code, lines, stderr } = await runLesson('08-process-pool.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual([
    'map: 0 1 4 9 16 25 36 49 64 81',
    'imapUnordered: 0 1 4 9 16 25 36 49 64 81 (sorted)',
    'starmap: 1024 81',
    'submit: 400',
    'apply: TIMED_OUT',
    'in other processes: true',
  ])
})

test('09: what tasks can do beyond taking arguments and giving a result', async () => {
  const { code, lines, stderr } = await runLesson('09-more-than-calls.ts')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual([
    'concurrency: 100 waits at once in one worker',
    'stream: 2 3 5 7 11 13 17 19 23 29',
    'calls within: the tenth Fibonacci number is 55',
    'a lock as an argument: 3000',
    'log: 33554432 pixels inverted for request r-1',
    'moved: 33554432 bytes there and back, 0 left here',
  ])
})

test('a client in Python', async (context) => {
  const interpreter = python()
  const note = 'the Python package websockets is missing; tools/install says how to get it'
  // On a build server no test may be skipped.
  if (interpreter === undefined) return process.env['CI'] === 'true' ? expect.fail(note) : context.skip(note)
  const script = fileURLToPath(new URL('./python/squares.py', import.meta.url))
  const { code, lines, stderr } = await run(interpreter, [script, '100000'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines).toEqual(['100000 squares, the last is 10000000000, their sum is 333338333350000'])
})

test('the client in Python is at most fifty lines', () => {
  const script = readFileSync(new URL('./python/squares.py', import.meta.url), 'utf8')
  expect(script.trimEnd().split('\n').length).toBeLessThanOrEqual(50)
})

test('every lesson is in the list of the README, and has a test here', () => {
  const here = readFileSync(new URL(import.meta.url), 'utf8')
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
  const lessons = readdirSync(new URL('.', import.meta.url)).filter((name) => /^\d\d-.*\.ts$/.test(name))
  expect(lessons.length).toBeGreaterThan(0)
  for (const lesson of lessons) {
    expect(readme).toContain(`(${lesson})`)
    expect(here).toContain(`runLesson('${lesson}')`)
  }
})
