import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { onDemand, partId } from '../bundle/on-demand.ts'
import { shortLocals } from '../bundle/short-locals.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkpool-bundle-'))
  await mkdir(join(folder, 'src'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Builds modules by their names, of which `rare` is the part `seldom`, and loads the first. */
async function build(modules: Readonly<Record<string, string>>): Promise<unknown> {
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, 'src', `${name}.ts`), text)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', sideEffects: false }))
  const source = join(folder, 'src/')
  const bundle = await rolldown({
    input: { [Object.keys(modules)[0] as string]: join(source, `${Object.keys(modules)[0]}.ts`), seldom: partId('seldom') },
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    plugins: [onDemand(source, { seldom: { modules: /^rare/ } }, ['door.ts']), shortLocals()],
  })
  await bundle.write({
    dir: join(folder, 'dist'),
    chunkFileNames: '[name].js',
    minifyInternalExports: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'files', name: (id) => (/rare\.ts$|:seldom$/.test(id) ? 'seldom' : null) }],
    },
  })
  return await import(pathToFileURL(join(folder, 'dist', `${Object.keys(modules)[0]}.js`)).href)
}

const RARE = `
(globalThis as { loaded?: string[] }).loaded?.push('rare')
export class Box { #held = 1; held(): number { return this.#held } }
export function twice(n: number): number { return 2 * n }
export const LIMIT = 7
`

test('a part is loaded at the first use of what it has, however that is used', async () => {
  const main = `
import { Box as Case, LIMIT, twice } from './rare.ts'
import type { Box } from './rare.ts'
export function made(): Box {
  const calls = [LIMIT]
  twice(1)
  return new Case()
}
export const all = (box: unknown) => ({ LIMIT, isBox: box instanceof Case, twice: twice(LIMIT as number) })
`
  const shared = globalThis as { loaded?: string[] }
  shared.loaded = []
  const loaded = (await build({ main, rare: RARE })) as { made(): { held(): number }; all(box: unknown): unknown }
  expect(shared.loaded).toEqual([])
  const box = loaded.made()
  expect(shared.loaded).toEqual(['rare'])
  expect(box.held()).toBe(1)
  expect(loaded.all(box)).toEqual({ LIMIT: 7, isBox: true, twice: 14 })
  expect(shared.loaded).toEqual(['rare'])
  delete shared.loaded
})

test('a use while the module is evaluated is an error of the build', async () => {
  const main = `import { LIMIT } from './rare.ts'\nexport const more = LIMIT + 1\n`
  await expect(build({ main, rare: RARE })).rejects.toThrow(/LIMIT is of a part that is loaded on demand, and used at once/)
})

test('locals have short names; classes, functions and their members, private ones too, keep theirs', async () => {
  const main = `
export class Counter {
  #counted = 0
  add(increment: number): number { return this.#addChecked(increment) }
  #addChecked(increment: number): number { const sum = this.#counted + increment; return '#counted'.length > 0 ? (this.#counted = sum) : 0 }
}
`
  const { Counter } = (await build({ main, rare: RARE })) as { Counter: new () => { add(n: number): number } }
  expect(Counter.name).toBe('Counter')
  expect(new Counter().add(3)).toBe(3)
  const text = await readFile(join(folder, 'dist/main.js'), 'utf8')
  expect(text).toMatch(/#addChecked\(/)
  expect(text).not.toMatch(/\bincrement\b/)
})
