import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Row {
  readonly python: string
  readonly here: string
  readonly threads: string
  readonly processes: string
}

const rows: readonly Row[] = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, python = '', here = '', threads = '', processes = ''] = line.split('|').map((cell) => cell.trim())
    return { python, here, threads, processes }
  })

/** The rows about primitives, queues, values and shared memory; those about pools and futures name tests in other files. */
const mine = rows.flatMap((row) => {
  const named = /^`((?:sync-|memory)[\w-]*) › (.+)`$/.exec(row.here)
  return named === null ? [] : [{ ...row, file: named[1] ?? '', title: named[2] ?? '' }]
})

const sources = new Map<string, string>()
function source(file: string): string {
  const text = sources.get(file) ?? readFileSync(new URL(`./${file}.test.ts`, import.meta.url), 'utf8')
  sources.set(file, text)
  return text
}

test('every row names a test or gives a reason', () => {
  for (const row of rows)
    expect([row.python, row.here]).toEqual([expect.stringMatching(/^`[\w.]+`$/), expect.stringMatching(/^`.+ › .+`$|^– \S.{10,}/)])
})

test('no Python test stands here twice', () => {
  const names = rows.map((row) => row.python)
  expect(names).toEqual([...new Set(names)])
})

test('every test that is named exists', () => {
  const missing = mine.filter(({ file, title }) => !source(file).includes(`('${title}'`))
  expect(missing).toEqual([])
})

test('a test runs in the columns that claim it', () => {
  for (const { file, python, threads, processes } of mine) {
    const runsInBoth = source(file).includes('describe.each(KINDS)') && file !== 'memory'
    expect({ python, threads, processes }).toEqual({ python, threads: runsInBoth ? 'yes' : '–', processes: 'yes' })
  }
})

test('at least 250 cases of primitives are mapped and run', () => {
  const cases = mine.reduce((sum, row) => sum + [row.threads, row.processes].filter((cell) => cell === 'yes').length, 0)
  expect(cases).toBeGreaterThanOrEqual(250)
})
