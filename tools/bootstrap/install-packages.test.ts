import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A project whose one package lies in its own folder: npm needs no network for it. */
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'forkpool-install-'))
  mkdirSync(join(root, 'part'))
  writePackages('1.0.0')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function writePackages(version: string): void {
  writeFileSync(join(root, 'part', 'package.json'), JSON.stringify({ name: 'part', version }))
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'whole', version: '1.0.0', workspaces: ['part'] }))
  const packages = {
    '': { name: 'whole', version: '1.0.0', workspaces: ['part'] },
    'node_modules/part': { resolved: 'part', link: true },
    part: { version },
  }
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ name: 'whole', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  )
}

/** In a process of its own, as the bootstrap runs it. */
function install(): { readonly code: number | null; readonly output: string } {
  const module = JSON.stringify(new URL('./install-packages.mjs', import.meta.url).href)
  const script = `await (await import(${module})).installPackages(process.argv[1])`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script, root], { encoding: 'utf8' })
  return { code: run.status, output: run.stdout + run.stderr }
}

test('packages are installed once, and again when the lock file changes', () => {
  const first = install()
  expect(first).toMatchObject({ code: 0 })
  expect(first.output).toContain('installing npm packages')
  expect(existsSync(join(root, 'node_modules', 'part', 'package.json'))).toBe(true)
  expect(install()).toEqual({ code: 0, output: '' })
  // A package comes in from outside of the lock file's knowledge: it is not there, so the lock file is right and node_modules is not.
  rmSync(join(root, 'node_modules'), { recursive: true })
  expect(install().output).toContain('installing npm packages')
})

test('what somebody installed by hand is taken as it is', () => {
  expect(spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, shell: process.platform === 'win32' }).status).toBe(0)
  expect(install()).toEqual({ code: 0, output: '' })
})

test('a failed installation shows what npm said, and is tried again', () => {
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ name: 'whole', version: '1.0.0', dependencies: { missing: 'file:./nowhere' } }),
  )
  const failed = install()
  expect(failed.code).not.toBe(0)
  expect(failed.output).toContain('npm error')
  expect(failed.output).toContain('npm ci failed with exit code')
  writePackages('1.0.0')
  expect(install().code).toBe(0)
})
