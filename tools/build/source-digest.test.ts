import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sourceDigest } from './source-digest.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'forkpool-digest-'))
  mkdirSync(join(root, 'app', 'src'), { recursive: true })
  mkdirSync(join(root, 'app', '.next'))
  writeFileSync(join(root, 'app', 'src', 'a.ts'), 'a')
  writeFileSync(join(root, 'lock.json'), '{}')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const digest = (): string => sourceDigest(root, ['app', 'lock.json'])

test('a changed, renamed or new file changes the digest', () => {
  const digests = [digest()]
  writeFileSync(join(root, 'app', 'src', 'a.ts'), 'b')
  digests.push(digest())
  renameSync(join(root, 'app', 'src', 'a.ts'), join(root, 'app', 'src', 'c.ts'))
  digests.push(digest())
  writeFileSync(join(root, 'app', 'src', 'd.ts'), '')
  digests.push(digest())
  writeFileSync(join(root, 'lock.json'), '{ }')
  digests.push(digest())
  expect(new Set(digests).size).toBe(5)
})

test('what a build writes does not', () => {
  const before = digest()
  writeFileSync(join(root, 'app', '.next', 'made.js'), 'x')
  writeFileSync(join(root, 'app', 'next-env.d.ts'), 'x')
  writeFileSync(join(root, 'app', 'tsconfig.tsbuildinfo'), 'x')
  expect(digest()).toBe(before)
})
