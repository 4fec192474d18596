import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT, RunningProcess } from '../service/index.ts'
import { isAlive } from '../service/process-group.ts'

let folder: string
let npm: RunningProcess | undefined
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'forkpool-start-'))))
afterEach(async () => {
  await npm?.stop()
  npm = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function npmRun(script: string): Promise<RunningProcess> {
  const spec = { name: script, command: 'npm', args: ['run', script], cwd: ROOT, output: 'lines', logFile: join(folder, 'log') } as const
  npm = await RunningProcess.start(spec)
  return npm
}

/** As a terminal does: the signal goes to npm, its shell and the program, all at once. The shell then ends as one does that was interrupted. */
async function pressCtrlC(running: RunningProcess): Promise<void> {
  process.kill(-running.pid, 'SIGINT')
  expect((await running.ended).signal ?? 'SIGINT').toBe('SIGINT')
  await running.firstLine(/stopped, nothing is left running/, 100)
}

/** All processes below this one, however deep. */
function descendants(pid: number): number[] {
  const children = parents().flatMap(([child, parent]) => (parent === pid ? [child] : []))
  return children.flatMap((child) => [child, ...descendants(child)])
}

function parents(): (readonly [pid: number, parent: number])[] {
  if (process.platform !== 'linux') {
    const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    return table.map((line) => line.trim().split(/\s+/).map(Number)).map(([pid = 0, parent = 0]) => [pid, parent])
  }
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const]
    } catch {
      return []
    }
  })
}

const START_TIMEOUT_MS = 150_000

test('npm start serves, stops on Ctrl-C in the middle of its work, and is up again within five seconds', async () => {
  // The first start may have to build.
  const first = await npmRun('start')
  await first.firstLine(/dashboard +http/, START_TIMEOUT_MS)
  const firstFamily = descendants(first.pid)
  expect(firstFamily.length).toBeGreaterThan(4)
  await pressCtrlC(first)
  expect(firstFamily.filter(isAlive)).toEqual([])

  const startedAt = performance.now()
  const second = await npmRun('start')
  const [, dashboardUrl = ''] = await second.firstLine(/dashboard +(http\S+)/, START_TIMEOUT_MS)
  expect(performance.now() - startedAt).toBeLessThan(5_000)

  const [, coordinatorUrl = ''] = await second.firstLine(/coordinator +(http\S+)/, START_TIMEOUT_MS)
  expect((await fetch(`${coordinatorUrl}/readyz`)).status).toBe(200)
  expect(await (await fetch(dashboardUrl)).text()).toContain('<html')

  await second.firstLine(/serving until Ctrl-C/, START_TIMEOUT_MS)
  const family = descendants(second.pid)
  await pressCtrlC(second)
  expect(family.filter(isAlive)).toEqual([])
})

test('npm run demo prints both tables, all sizes with equal results, and ends with nothing left', async () => {
  const demo = await npmRun('demo')
  const tables = [/^square: 1,000,000 items.* equal results/, /^wordCountFile: [\d,]+ items.* equal results/]
  await demo.firstLine(/dashboard +http/, START_TIMEOUT_MS)
  const family = descendants(demo.pid)
  for (const table of tables) await demo.firstLine(table, START_TIMEOUT_MS)
  expect(await demo.ended).toEqual({ exitCode: 0, signal: null })
  expect(family.filter(isAlive)).toEqual([])
})
