import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** One test of CPython, and what answers for it here. */
interface Row {
  /** The file of CPython, from the heading that the row stands under. */
  readonly file: string
  readonly python: string
  readonly here: string
  readonly threads: string
  readonly processes: string
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const document = read('../../../docs/conformance.md')

/** What CPython has: `file` and `Class.test`. */
const cpython = read('./fixtures/cpython-3.13-tests.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [file = '', group = '', ...tests] = line.split(' ')
    return { file, group, tests }
  })

const sections = document
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ heading: text.slice(0, text.indexOf('\n')), lines: text.split('\n').filter((line) => line.startsWith('| `')) }))

const cellsOf = (line: string): string[] => line.split('|').map((cell) => cell.trim())

const rows: readonly Row[] = sections
  .filter(({ heading }) => /\.py/.test(heading) && !heading.includes('classes'))
  .flatMap(({ heading, lines }) =>
    lines.map((line) => {
      const [, python = '', here = '', threads = '', processes = ''] = cellsOf(line)
      return { file: heading.split(':')[0] ?? '', python: python.replaceAll('`', ''), here, threads, processes }
    }),
  )

/** Classes that answer for none of our tests, with how many tests they have. */
const classesAside = sections
  .filter(({ heading }) => heading.includes('classes'))
  .flatMap(({ lines }) => lines.map(cellsOf))
  .map(([, group = '', count = '', about = '']) => ({ group: group.replaceAll('`', ''), count: Number(count), about }))

/** A test of ours: `file › title`. */
const NAMED = /^`([\w-]+) › (.+)`$/

/** Where the tests of a name are, and the columns in which they run. */
function home(name: string): { readonly text: string; readonly columns: readonly [threads: string, processes: string] } {
  if (name === 'pool-conformance') {
    const runsInBoth = ['pool-thread', 'pool-process'].every((file) => read(`./${file}.test.ts`).includes('it.each(poolConformance)'))
    return { text: read('../src/testing/pool-conformance.ts'), columns: runsInBoth ? ['yes', 'yes'] : ['–', '–'] }
  }
  const beside = `../src/future/${name}.test.ts`
  if (existsSync(new URL(beside, import.meta.url))) return { text: read(beside), columns: ['once', 'once'] }
  const text = read(`./${name}.test.ts`)
  if (name === 'memory') return { text, columns: ['–', 'yes'] }
  return { text, columns: /describe\.each\((KINDS|POOLS)\)/.test(text) ? ['yes', 'yes'] : ['once', 'once'] }
}

/** Whether a file of tests has one with this title, and does not leave it out. */
function runs(text: string, title: string): boolean {
  return text.includes(`('${title}'`) || text.includes(`name: '${title}'`)
}

test('every test of CPython stands here, under its file, and nothing else does', () => {
  const aside = new Set(classesAside.map(({ group }) => group))
  const expected = cpython
    .filter(({ group }) => !aside.has(group))
    .flatMap(({ file, group, tests }) => tests.map((name) => `${file} ${group}.${name}`))
  expect(rows.map(({ file, python }) => `${file} ${python}`).toSorted()).toEqual(expected.toSorted())
})

test('the classes that are about other things are those of one file, with the number of their tests', () => {
  for (const { group, count, about } of classesAside) {
    const known = cpython.find((one) => one.group === group && one.file === '_test_multiprocessing.py')
    expect({ group, count, about }).toEqual({ group, count: known?.tests.length, about: expect.stringMatching(/.{10,}/) })
  }
})

test('what the project answers for is not among the classes that are set aside', () => {
  const about = /Pool|Queue|Lock|Semaphore|Condition|Event|Barrier|Value|Array|SharedMemory|SharedCTypes|Heap|ResourceTracker|NamedResource/
  expect(classesAside.map(({ group }) => group).filter((group) => about.test(group))).toEqual([])
})

test('every row names a test or gives a reason', () => {
  for (const { python, here, threads, processes } of rows) {
    if (here.startsWith('–'))
      expect({ python, here, threads, processes }).toMatchObject({
        here: expect.stringMatching(/^– \S.{10,}\.$/),
        threads: '–',
        processes: '–',
      })
    else expect([python, here]).toEqual([python, expect.stringMatching(NAMED)])
  }
})

test('every test that is named, in a row or in a reason, exists and runs', () => {
  const named = [...document.matchAll(/`([\w-]+) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({ file, title }))
  expect(named.length).toBeGreaterThan(200)
  expect(named.filter(({ file, title }) => !runs(home(file).text, title))).toEqual([])
  for (const file of new Set(named.map((one) => one.file))) expect(home(file).text).not.toMatch(/\.(skip|todo|only|fails)\b/)
})

test('a test runs in the columns that claim it', () => {
  for (const { python, here, threads, processes } of rows) {
    const file = NAMED.exec(here)?.[1]
    if (file !== undefined) expect({ python, columns: [threads, processes] }).toEqual({ python, columns: home(file).columns })
  }
})

test('at least four hundred cases are mapped', () => {
  const cases = rows.flatMap(({ threads, processes }) =>
    threads === 'once' ? ['once'] : [threads, processes].filter((cell) => cell === 'yes'),
  )
  expect(cases.length).toBeGreaterThanOrEqual(400)
})
