import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT, RunningProcess } from '../service/index.ts'
import { isAlive } from '../service/process-group.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'forkpool-launch-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A launcher in a process of its own, with a script that does this. */
async function launch(body: string): Promise<RunningProcess> {
  const script = join(folder, 'script.mjs')
  writeFileSync(script, `const service = ${JSON.stringify(new URL('../service/index.ts', import.meta.url).href)}\n${body}`)
  const module = JSON.stringify(new URL('./hand-over.mjs', import.meta.url).href)
  const launcher = `
    const { handOver } = await import(${module})
    process.exitCode = await handOver(process.execPath, ${JSON.stringify(ROOT)}, ${JSON.stringify(script)}, ['one'])`
  const args = ['--input-type=module', '-e', launcher]
  return RunningProcess.start({ name: 'launcher', command: process.execPath, args, output: 'lines', logFile: join(folder, 'log') })
}

const STARTS_A_CHILD = `
  const { RunningProcess, stopRequest } = await import(service)
  const child = await RunningProcess.start({ name: 'child', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], output: 'terminal' })
  stopRequest().addEventListener('abort', () => child.stop())
  console.log('script', process.pid, 'child', child.pid)
  await child.ended`

const PIDS = /script (\d+) child (\d+)/

test('arguments go in, the exit code comes out', async () => {
  const launcher = await launch('console.log(process.argv.slice(2).join()); process.exit(7)')
  await launcher.firstLine(/^one$/, 10_000)
  expect(await launcher.ended).toEqual({ exitCode: 7, signal: null })
})

test('a stop signal reaches the script, which ends its child', async () => {
  const launcher = await launch(STARTS_A_CHILD)
  const pids = (await launcher.firstLine(PIDS, 10_000)).slice(1).map(Number)
  process.kill(launcher.pid, 'SIGTERM')
  expect(await launcher.ended).toEqual({ exitCode: 0, signal: null })
  expect(pids.filter(isAlive)).toEqual([])
})

test('when the script is killed, its child is killed too', async () => {
  const launcher = await launch(STARTS_A_CHILD)
  const [script = 0, child = 0] = (await launcher.firstLine(PIDS, 10_000)).slice(1).map(Number)
  process.kill(script, 'SIGKILL')
  expect(await launcher.ended).toEqual({ exitCode: 137, signal: null })
  await expect.poll(() => isAlive(child), { timeout: 5_000 }).toBe(false)
})

test('when the launcher is killed, the script stops and ends its child', async () => {
  const launcher = await launch(STARTS_A_CHILD)
  const pids = (await launcher.firstLine(PIDS, 10_000)).slice(1).map(Number)
  process.kill(launcher.pid, 'SIGKILL')
  await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([])
})
