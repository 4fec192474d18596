import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A project whose packages lie in its own folder: npm needs no network for them. */
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'forkpool-install-'))
  writePackages(['part'])
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function writePackages(names: readonly string[]): void {
  const whole = { name: 'whole', version: '1.0.0', workspaces: names }
  const packages: Record<string, unknown> = { '': whole }
  for (const name of names) {
    mkdirSync(join(root, name), { recursive: true })
    writeFileSync(join(root, name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }))
    packages[`node_modules/${name}`] = { resolved: name, link: true }
    packages[name] = { version: '1.0.0' }
  }
  writeFileSync(join(root, 'package.json'), JSON.stringify(whole))
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ ...whole, lockfileVersion: 3, requires: true, packages }))
}

/** In a process of its own, as the bootstrap runs it. */
function install(): { readonly code: number | null; readonly output: string } {
  const module = JSON.stringify(new URL('./install-packages.mjs', import.meta.url).href)
  const script = `await (await import(${module})).installPackages(process.argv[1])`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script, root], { encoding: 'utf8' })
  return { code: run.status, output: run.stdout + run.stderr }
}

const isThere = (name: string): boolean => existsSync(join(root, 'node_modules', name, 'package.json'))

test('packages are installed once, and again when the lock file changes or node_modules is gone', () => {
  const first = install()
  expect(first).toMatchObject({ code: 0 })
  expect(first.output).toContain('installing npm packages')
  expect(isThere('part')).toBe(true)
  expect(install()).toEqual({ code: 0, output: '' })

  writePackages(['part', 'more'])
  expect(install().output).toContain('installing npm packages')
  expect(isThere('more')).toBe(true)

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
  writePackages(['part'])
  expect(install().code).toBe(0)
})
