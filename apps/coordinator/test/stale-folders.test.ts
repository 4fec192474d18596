import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { socketIn, sweepStaleFolders } from '../src/fleet/stale-folders.ts'

let parent: string
let live: Server

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sweep-'))
  for (const name of ['forkpool-aaaaaa', 'forkpool-bbbbbb', 'forkpool-cccccc', 'forkpool-dddddd', 'forkpool-other-dddddd'])
    await mkdir(join(parent, name))
  // One that listened and was killed, one that listens, one that has not begun, and one whose socket is a file.
  for (const name of ['forkpool-aaaaaa', 'forkpool-other-dddddd']) abandonSocket(socketIn(join(parent, name)))
  live = createServer()
  await new Promise<void>((resolve) => live.listen(socketIn(join(parent, 'forkpool-bbbbbb')), resolve))
  await writeFile(join(parent, 'forkpool-dddddd', 'kept.txt'), 'not ours')
})

afterAll(async () => {
  live.close()
  await rm(parent, { recursive: true })
})

/** A process listens on it and is killed at once. */
function abandonSocket(path: string): void {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  expect(() => execFileSync(process.execPath, ['-e', program])).toThrow('SIGKILL')
  expect(existsSync(path)).toBe(true)
}

it('removes the folders whose socket nobody listens on, and no other', async () => {
  expect(await sweepStaleFolders(parent)).toEqual([join(parent, 'forkpool-aaaaaa')])
  expect(existsSync(join(parent, 'forkpool-aaaaaa'))).toBe(false)
  for (const name of ['forkpool-bbbbbb', 'forkpool-cccccc', 'forkpool-dddddd', 'forkpool-other-dddddd'])
    expect(existsSync(join(parent, name)), name).toBe(true)
})

it('does nothing where the folder cannot be read', async () => {
  expect(await sweepStaleFolders(join(parent, 'missing'))).toEqual([])
})
