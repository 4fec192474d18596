import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const DOCUMENT = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
const PROGRAM = fileURLToPath(new URL('../bin/forkpool.mjs', import.meta.url))
const RULES = readFileSync(new URL('../../../infra/prometheus/rules/forkpool.rules.yml', import.meta.url), 'utf8')

/** Listens on a port and stops again; undefined: it is taken. */
async function tryPort(wanted: number): Promise<number | undefined> {
  const server = createServer()
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(wanted, '127.0.0.1', () => resolve(true))
  })
  if (!listens) return undefined
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A port that was free a moment ago, as the next one was: the coordinator on the restored copy listens there. */
async function twoFreePorts(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = await tryPort(0)
    if (port !== undefined && (await tryPort(port + 1)) !== undefined) return port
  }
  return expect.fail('no two free ports side by side')
}

test('every command runs, in this order, as the document says', { timeout: 120_000 }, async () => {
  const blocks = [...DOCUMENT.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block as string)
  expect(blocks.length).toBeGreaterThan(7)
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-operations-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const [name, command] of [
    ['forkpool', `'${process.execPath}' '${PROGRAM}'`],
    ['node', `'${process.execPath}'`],
  ] as const)
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o700 })
  // Whatever is still there in the end is ended.
  const head = `set -eu -o pipefail\nexport PATH='${bin}':$PATH\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n`
  const env = { ...process.env, FORKPOOL_PORT: String(await twoFreePorts()), FORKPOOL_TOKEN: '', FORKPOOL_URL: '', FORKPOOL_WORKERS: '2' }
  const shell = spawn('bash', ['-c', head + blocks.join('\n')], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 100_000 })
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise((resolve) => shell.once('close', resolve))
  expect(code, output).toBe(0)
  // The batch of the beginning is there after the restart, and in the copy.
  expect(output.match(/ square .* completed .* 1,000\/1,000/g)?.length, output).toBeGreaterThanOrEqual(4)
  expect(output).toContain('"msg":"stopped"')
  rmSync(folder, { recursive: true })
})

test('every alert is explained, and no other', () => {
  const explained = [...(DOCUMENT.split('## What each alert means')[1]?.matchAll(/^\| `(Forkpool\w+)`/gm) ?? [])].map(([, name]) =>
    String(name),
  )
  const ruled = [...RULES.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => String(name))
  expect(explained.toSorted()).toEqual(ruled.toSorted())
})
