import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { Cluster } from '@forkpool/client'
import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'
import { PseudoTerminal } from './support/pseudo-terminal.ts'

const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?1049l'

let coordinator: Coordinator
let cluster: Cluster

beforeAll(async () => {
  coordinator = await Coordinator.start(['--log-level', 'fatal', '--workers', '2'])
  cluster = await connect(coordinator.url)
  expect(await cluster.pool({ size: 2 }).map('square', [1, 2, 3])).toEqual([1, 4, 9])
})

afterAll(async () => {
  await cluster.close()
  await coordinator.stop()
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('on a terminal', () => {
  test('shows pools, batches with progress, workers and the rate, live; q gives the terminal back', async () => {
    const terminal = new PseudoTerminal(['top', '--url', coordinator.url])
    await terminal.shows(/POOL +SIZE[^]*size-2[^]*BATCH[^]*completed +\[#{20}\] 100 %[^]*WORKER[^]*w1/)
    expect(terminal.output.startsWith(ENTER)).toBe(true)
    const open = cluster.pool({ size: 2 }).map('sleep', new Array<number>(1_000).fill(20))
    await terminal.shows(/sleep +size-2 +open +\[[#.]{20}\] +\d+ %/)
    await open
    await terminal.shows(/sleep +size-2 +completed +\[#{20}\] 100 %/)
    terminal.press('q')
    expect(await terminal.end()).toEqual({ code: 0, isRestored: true })
    expect(terminal.output.split(LEAVE)[1]).toBe('')
  })

  test('fits into the terminal, also when that changes its size', async () => {
    const terminal = new PseudoTerminal(['top', '--url', coordinator.url])
    await terminal.shows('WORKER')
    terminal.resize(3)
    await waitUntil('it shows the first lines', () => terminal.picture.split('\r\n').length === 3 && terminal.picture.includes('tasks/s'))
    terminal.resize(20)
    await terminal.shows('WORKER')
    terminal.press('\u0003')
    expect(await terminal.end()).toEqual({ code: 0, isRestored: true })
  })

  test('without colours where NO_COLOR says so, and without any command to the terminal where it is dumb', async () => {
    const plain = new PseudoTerminal(['top', '--url', coordinator.url], { NO_COLOR: '1' })
    const dumb = new PseudoTerminal(['top', '--url', coordinator.url], { TERM: 'dumb' })
    await plain.shows('WORKER')
    await dumb.shows(/WORKER[^]*forkpool top[^]*WORKER/)
    plain.press('q')
    dumb.press('q')
    expect(await plain.end()).toEqual({ code: 0, isRestored: true })
    expect(await dumb.end()).toEqual({ code: 0, isRestored: true })
    // oxlint-disable-next-line no-control-regex
    expect(plain.output).not.toMatch(/\u001b\[[\d;]*m/)
    expect(dumb.output).not.toContain('\u001b')
  })

  test('a coordinator that goes away is waited for', async () => {
    const words = ['--log-level', 'fatal', '--workers', '1', '--ephemeral', '--port', String(await freePort())]
    const first = await Coordinator.start(words)
    const terminal = new PseudoTerminal(['top', '--url', first.url])
    await terminal.shows('WORKER')
    await first.stop()
    await terminal.shows(/away for .*asking again[^]*WORKER/)
    await using second = await Coordinator.start(words)
    await waitUntil('it is seen again', () => !terminal.picture.includes('away for') && terminal.picture.includes('WORKER'))
    expect(second.url).toBe(first.url)
    terminal.press('Q')
    expect(await terminal.end()).toEqual({ code: 0, isRestored: true })
  })

  test('an error is told on the usual screen', async () => {
    const words = ['--log-level', 'fatal', '--workers', '1', '--ephemeral', '--port', String(await freePort())]
    const first = await Coordinator.start(words)
    const terminal = new PseudoTerminal(['top', '--url', first.url])
    await terminal.shows('WORKER')
    await first.stop()
    await using second = await Coordinator.start(words, { FORKPOOL_TOKEN: 'another' })
    expect(await terminal.end()).toEqual({ code: 3, isRestored: true })
    expect(terminal.output.split(LEAVE)[1]).toBe('forkpool: a token is needed: Authorization: Bearer TOKEN\r\n')
    expect(second.url).toBe(first.url)
  })
})

describe('elsewhere', () => {
  test('--once, and a pipe, get one picture in plain text', async () => {
    for (const words of [['top', '--once'], ['top']]) {
      const { code, stdout, stderr } = await runForkpool([...words, '--url', coordinator.url])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^forkpool top {3}forkpool\/\S+ at http:.*\nworkers .*\ntasks .*\n\nPOOL .*\nsize-2 /)
      expect(stdout).not.toContain('\u001b')
    }
  })

  test('--json gives the snapshot of the API', async () => {
    const { code, stdout } = await runForkpool(['top', '--once', '--json', '--url', coordinator.url])
    expect(code).toBe(0)
    const snapshot = JSON.parse(stdout) as LiveSnapshot
    expect(snapshot.pools.map(({ name }) => name)).toEqual(['size-2'])
    expect(snapshot.workers).toHaveLength(2)
  })

  test('nobody there is exit code 3', async () => {
    const { code, stderr, stdout } = await runForkpool(['top', '--url', `ws://127.0.0.1:${await freePort()}`])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toMatch(/^forkpool: no coordinator answers at /)
    expect(await runForkpool(['top', 'now'])).toMatchObject({ code: 2, stderr: 'forkpool: top: takes no operand, got "now"\n' })
  })
})
