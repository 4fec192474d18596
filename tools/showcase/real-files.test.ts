import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseFiles, writeItems } from './real-files.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'forkpool-files-'))
  for (const folder of ['src', '.git', 'node_modules/b', 'node_modules/a', 'node_modules/.vite'])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'src', 'one.ts'), '1'.repeat(10))
  writeFileSync(join(root, 'README.md'), '2'.repeat(10))
  writeFileSync(join(root, 'image.png'), '3'.repeat(10))
  writeFileSync(join(root, '.git', 'config.txt'), '4'.repeat(10))
  writeFileSync(join(root, 'node_modules', 'b', 'b.js'), '5'.repeat(10))
  writeFileSync(join(root, 'node_modules', 'b', 'b.min.js'), '6'.repeat(10))
  writeFileSync(join(root, 'node_modules', 'a', 'a.js'), '7'.repeat(10))
  writeFileSync(join(root, 'node_modules', '.vite', 'results.json'), '8'.repeat(10))
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), '9'.repeat(10))
  symlinkSync(join(root, 'src'), join(root, 'node_modules', 'linked'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('the repository’s own texts come first, then those of its packages, once each and in a fixed order', () => {
  const choice = chooseFiles(root, 1_000)
  expect(choice).toEqual({ paths: ['README.md', 'src/one.ts', 'node_modules/a/a.js', 'node_modules/b/b.js'], bytes: 40 })
})

test('the choice ends when it has bytes enough', () => {
  expect(chooseFiles(root, 25).paths).toEqual(['README.md', 'src/one.ts', 'node_modules/a/a.js'])
})

test('items are one JSON text a line; the repository’s own files are copies that nobody edits', () => {
  const folder = join(root, '.cache')
  const items = readFileSync(writeItems(root, chooseFiles(root, 25), folder), 'utf8')
  const paths = items
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as string)
  expect(paths).toEqual([join(folder, 'README.md'), join(folder, 'src', 'one.ts'), join(root, 'node_modules/a/a.js')])
  writeFileSync(join(root, 'README.md'), 'edited')
  expect(paths.map((path) => readFileSync(path, 'utf8')[0])).toEqual(['2', '1', '7'])
})
