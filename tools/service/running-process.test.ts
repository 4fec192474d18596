import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { httpReady } from './http-ready.ts'
import { isAlive } from './process-group.ts'
import { RunningProcess } from './running-process.ts'
import { runToEnd } from './run-to-end.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'forkpool-process-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(script: string, output: 'lines' | 'log' = 'lines'): Promise<RunningProcess> {
  return RunningProcess.start({ name: 'it', command: process.execPath, args: ['-e', script], output, logFile: join(folder, 'it.log') })
}

const STAYS = 'setInterval(() => {}, 1000)'

test('a process that says so is ready, and ends on SIGTERM', async () => {
  const running = await start(`console.log('noise'); console.log('ready 7'); ${STAYS}`)
  const [, number] = await running.firstLine(/ready (\d)/, 10_000)
  expect(number).toBe('7')
  // A line that came before somebody asked for it counts.
  expect((await running.firstLine(/noise/, 10_000))[0]).toBe('noise')
  await Promise.all([running.stop(), running.stop()])
  expect(await running.ended).toEqual({ exitCode: null, signal: 'SIGTERM' })
  expect(isAlive(running.pid)).toBe(false)
})

test('a process that does not end on SIGTERM is killed when the grace is over', async () => {
  const running = await start(`process.on('SIGTERM', () => {}); console.log('ready'); ${STAYS}`)
  await running.firstLine(/ready/, 10_000)
  await running.stop(50)
  expect((await running.ended).signal).toBe('SIGKILL')
})

test('what a process left behind ends with it', async () => {
  const child = `require('node:child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); ${STAYS}"], { stdio: 'ignore' })`
  const running = await start(`console.log('child', ${child}.pid); ${STAYS}`)
  const [, pid] = await running.firstLine(/child (\d+)/, 10_000)
  expect(isAlive(Number(pid))).toBe(true)
  await running.stop()
  expect(isAlive(Number(pid))).toBe(false)
})

test('a process that ends before it is ready says why', async () => {
  const running = await start(`console.error('port in use'); process.exit(3)`)
  await expect(running.firstLine(/ready/, 10_000)).rejects.toThrow(/it ended before it was ready \(exit code 3\)[^]*port in use/)
})

test('a process that is never ready is told so, and can be stopped', async () => {
  const running = await start(STAYS)
  const never = new AbortController()
  await expect(running.withinStart(httpReady('http://127.0.0.1:9', never.signal), 100)).rejects.toThrow('it was not ready within 0.1 s')
  never.abort()
  await running.stop()
})

test('a program that does not exist is named', async () => {
  const spec = { name: 'it', command: join(folder, 'nothing'), args: [], output: 'terminal' } as const
  await expect(RunningProcess.start(spec)).rejects.toThrow(/it: cannot run .*nothing/)
})

test('a run that is no longer wanted ends with its process', async () => {
  const stop = new AbortController()
  const ended = runToEnd(
    { name: 'it', command: process.execPath, args: ['-e', STAYS], output: 'log', logFile: join(folder, 'it.log') },
    stop.signal,
  )
  stop.abort()
  expect((await ended).signal).toBe('SIGTERM')
})

test('when the owner exits in a hurry, its processes are killed', async () => {
  const module = JSON.stringify(new URL('./running-process.ts', import.meta.url).href)
  const script = `
    const { RunningProcess } = await import(${module})
    const it = await RunningProcess.start({ name: 'it', command: process.execPath, args: ['-e', '${STAYS}'], output: 'terminal' })
    console.log('child', it.pid)
    process.exit(0)`
  const owner = await RunningProcess.start({
    name: 'owner',
    command: process.execPath,
    args: ['--input-type=module-typescript', '-e', script],
    output: 'lines',
    logFile: join(folder, 'owner.log'),
  })
  const [, pid] = await owner.firstLine(/child (\d+)/, 10_000)
  await owner.ended
  await expect.poll(() => isAlive(Number(pid))).toBe(false)
})
