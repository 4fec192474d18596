import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TaskListing } from '../src/protocol/index.ts'

/** What a list of modules gives: the names of its tasks, or the message of its error. Loaded by Node itself: a test runner has a loader of its own. */
const CASES: readonly {
  readonly name: string
  readonly load: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly gives: readonly string[] | RegExp
}[] = [
  {
    name: 'plain exported functions of a TypeScript module are its tasks; classes and values are not',
    load: ['plain.ts'],
    files: {
      'plain.ts': `export const square = (n: number): number => n * n
export async function later(n: number) { return n }
export function* count(to: number) { for (let n = 0; n < to; n++) yield n }
export class Shape {}
export const limit = 3
export type Size = number
export default (n: number) => n`,
    },
    gives: ['count', 'later', 'square'],
  },
  {
    name: 'a default object gives its functions where none is exported by name',
    load: ['default-object.mjs'],
    files: { 'default-object.mjs': 'export const limit = 3; export default { double: (n) => 2 * n, limit: 3, Shape: class {} }' },
    gives: ['double'],
  },
  {
    name: 'a named default function gives itself',
    load: ['default.mjs'],
    files: { 'default.mjs': 'export default function triple(n) { return 3 * n }' },
    gives: ['triple'],
  },
  {
    name: 'all functions of a CommonJS module count, also those that Node does not find by reading',
    load: ['common.cjs'],
    files: { 'common.cjs': 'function first() {}\nmodule.exports = { first, second: () => 2, ["thi" + "rd"]() {} }' },
    gives: ['first', 'second', 'third'],
  },
  {
    name: 'transpiled CommonJS too',
    load: ['es-module.cjs'],
    files: { 'es-module.cjs': 'exports.__esModule = true; exports.only = () => 1; exports.default = () => 2' },
    gives: ['only'],
  },
  {
    name: 'a CommonJS module in TypeScript',
    load: ['common.cts'],
    files: { 'common.cts': 'const n: number = 1\nexports.f = () => n' },
    gives: ['f'],
  },
  {
    name: 'a conflict gives both sides their prefix',
    load: ['images.ts', 'photos.mjs'],
    files: { 'images.ts': 'export const resize = () => 1; export const crop = () => 1', 'photos.mjs': 'export const resize = () => 2' },
    gives: ['crop', 'images.resize', 'photos.resize'],
  },
  { name: 'a file named twice is loaded once', load: ['images.ts', 'images.ts'], files: {}, gives: ['crop', 'resize'] },
  {
    name: 'two files of one name with the same function are refused',
    load: ['images.ts', 'other/images.ts'],
    files: { 'other/images.ts': 'export const resize = () => 1' },
    gives: /^two task modules both offer "images\.resize": .+images\.ts and .+other.images\.ts; rename one/,
  },
  {
    name: 'a relative path',
    load: ['./relative.ts'],
    files: {},
    gives: /^cannot use task module "\.\/relative\.ts": expected an absolute path/,
  },
  { name: 'a missing file', load: ['nothing.ts'], files: {}, gives: /nothing\.ts: there is no such file$/ },
  { name: 'a folder', load: ['other'], files: {}, gives: /other: it is a folder; name a file$/ },
  {
    name: 'another kind of file',
    load: ['data.json'],
    files: { 'data.json': '{}' },
    gives: /data\.json: it is no TypeScript or JavaScript: expected \.ts/,
  },
  {
    name: 'a missing import',
    load: ['imports.ts'],
    files: { 'imports.ts': "import { a } from './absent.ts'; export const f = () => a" },
    gives: /imports\.ts: one of its imports is missing: Cannot find module '.+absent\.ts'/,
  },
  {
    name: 'an import without the name',
    load: ['wants.ts'],
    files: { 'wants.ts': "import { absent } from './plain.ts'\nexport const f = () => absent" },
    gives: /wants\.ts: it throws while it loads: SyntaxError: .* does not provide an export named 'absent' \(wants\.ts:1\)$/,
  },
  {
    name: 'a TypeScript file that does not parse',
    load: ['bad.ts'],
    files: { 'bad.ts': 'export const a = 1\nexport const b = ;' },
    gives: /bad\.ts: it does not parse: .+ \(bad\.ts:2\)$/,
  },
  {
    name: 'a JavaScript file that does not parse',
    load: ['bad.mjs'],
    files: { 'bad.mjs': '\n\n\nexport const b = ;' },
    gives: /bad\.mjs: it does not parse: .+ \(bad\.mjs:4\)$/,
  },
  {
    name: 'a CommonJS file that does not parse',
    load: ['bad.cjs'],
    files: { 'bad.cjs': '\nconst b = ;' },
    gives: /bad\.cjs: it does not parse: .+ \(bad\.cjs:2\)$/,
  },
  {
    name: 'an imported TypeScript file that does not parse',
    load: ['imports-bad.ts'],
    files: { 'imports-bad.ts': "import { a } from './bad.ts'; export const f = () => a" },
    gives: /imports-bad\.ts: it does not parse: .+ \(bad\.ts:2\)$/,
  },
  {
    name: 'an imported JavaScript file that does not parse',
    load: ['imports-bad.mjs'],
    files: { 'imports-bad.mjs': "import { b } from './bad.mjs'; export const f = () => b" },
    gives: /imports-bad\.mjs: it does not parse: .+ \(in one of the files that it imports\)$/,
  },
  {
    name: 'an enum',
    load: ['enum.ts'],
    files: { 'enum.ts': '\nexport enum Colour { red }' },
    gives: /enum\.ts: .*enum.* \(enum\.ts:2\); Node only strips types: write it in erasable syntax/,
  },
  {
    name: 'a throw',
    load: ['throws.ts'],
    files: { 'throws.ts': '\n\nthrow new RangeError("no database\\nsecond line")' },
    gives: /throws\.ts: it throws while it loads: RangeError: no database \(throws\.ts:3\)$/,
  },
  {
    name: 'a throw of what is no error',
    load: ['throws-text.mjs'],
    files: { 'throws-text.mjs': 'throw "text"; export {}' },
    gives: /throws-text\.mjs: it throws while it loads: text$/,
  },
  {
    name: 'a syntax error of its own making',
    load: ['json.mjs'],
    files: { 'json.mjs': 'JSON.parse("{"); export {}' },
    gives: /json\.mjs: it throws while it loads: SyntaxError: .+ \(json\.mjs:1\)$/,
  },
  {
    name: 'an export that throws when it is read',
    load: ['lazy.cjs'],
    files: { 'lazy.cjs': 'module.exports = { get f() { throw new Error("lazy") } }' },
    gives: /lazy\.cjs: it throws while it loads: Error: lazy/,
  },
  {
    name: 'no exports',
    load: ['empty.mjs'],
    files: { 'empty.mjs': 'export {}' },
    gives: /empty\.mjs: it exports nothing; export the functions that shall be tasks$/,
  },
  {
    name: 'no function',
    load: ['values.ts'],
    files: { 'values.ts': 'export const n = 1; export const none = null; export class A {}; export default () => 1' },
    gives: /exports no function, only A \(class\), default \(function without a name\), n \(number\), none \(null\)$/,
  },
]

type Outcome = { readonly tasks: readonly TaskListing[] } | { readonly tasks?: undefined; readonly code: string; readonly message: string }

let folder: string
let outcomes: readonly Outcome[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'forkpool tasks #'))
  for (const { files } of CASES) {
    for (const [name, source] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), source)
    }
  }
  // Every second one as a URL: both forms are taken.
  const lists = CASES.map(({ load }, i) =>
    load.map((name) => (name.startsWith('.') ? name : i % 2 === 0 ? path.join(folder, name) : pathToFileURL(path.join(folder, name)).href)),
  )
  const script = fileURLToPath(new URL('fixtures/load-task-modules.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=forkpool-source', script, JSON.stringify(lists)])
  expect(stderr).toBe('')
  outcomes = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Outcome)
})

afterAll(() => rm(folder, { recursive: true }))

it.each(CASES.map(({ name, gives }, i) => ({ name, gives, i })))('$name', ({ gives, i }) => {
  const outcome = outcomes[i]!
  if (gives instanceof RegExp) {
    expect(outcome).toMatchObject({ code: 'TASK_MODULE', message: expect.stringMatching(gives) as unknown })
    expect((outcome as { message: string }).message).not.toMatch(/\n|node:internal/)
  } else {
    expect(outcome.tasks?.map(({ name }) => name) ?? outcome).toEqual(gives)
  }
})

it('lists types stripped from parameters', () => {
  expect(outcomes[0]?.tasks?.find(({ name }) => name === 'square')).toEqual({ name: 'square', module: 'plain.ts', parameters: ['n'] })
})
