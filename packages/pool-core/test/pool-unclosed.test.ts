import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { until } from './sync-actors.ts'

const program = fileURLToPath(new URL('./fixtures/unclosed-program.ts', import.meta.url))

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.each([
  ['thread', 1],
  ['process', 2],
])('a program that closes none of its %s pools', (kind, count) => {
  it(`ends by itself when all of their calls have ended (${count}), warns once, and leaves no process`, async () => {
    const args = ['--conditions=forkpool-source', program, kind, String(count)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = once(child, 'exit')
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(await exited).toEqual([0, null])
    const [pids, ...results] = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)) as [number[], ...unknown[]]
    expect(results).toEqual([9, 'later'])
    expect(pids.length).toBeGreaterThanOrEqual(1)
    expect(pids.includes(child.pid ?? 0)).toBe(kind === 'thread')
    const warning = `[FORKPOOL_UNCLOSED] ForkpoolWarning: ${count + 1} pools were never closed: use "await using pool = …", or await pool.close()`
    expect(stderr.split(warning)).toHaveLength(2)
    await until(
      () => !pids.some(isAlive),
      () => `workers ${pids.filter(isAlive).join(', ')} live on`,
    )
  })
})
