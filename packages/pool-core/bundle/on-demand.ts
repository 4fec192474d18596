import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Plugin } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import { references } from './references.ts'
import type { SyntaxNode } from './references.ts'

/** A part of the package that is loaded on demand. Modules by their path in `src`. */
export interface Part {
  readonly modules: RegExp
  /** Who imports it as usual, since it needs it at once. */
  readonly atOnce?: RegExp
  /** Code that runs in browsers uses it. */
  readonly isForBrowsers?: boolean
}

export type Parts = Readonly<Record<string, Part>>

/** The module that stands for a part: what all its modules export. */
export function partId(part: string): string {
  return PART + part
}

const PART = 'on-demand:'
const ALL = 'on-demand-all'
const LOADER = 'on-demand-loader'

/** A browser has no `require`: there all parts are provided before. */
const LOADER_CODE = `
const parts = new Map()
let require
export function provide(part, exports) {
  parts.set(part, exports)
}
export function onDemand(part) {
  let exports = parts.get(part)
  if (exports === undefined) {
    require ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)
    exports = require('./' + part + '.js')
    parts.set(part, exports)
  }
  return exports
}
`

/**
 * Code that few programs need, or that is not needed at first, is loaded at its first use. The source imports it as it imports all else; here each use of such
 * an import becomes a call that loads the part, once and at once. A use while the module is evaluated is an error of the build: it would always load it.
 * `doors` are modules that provide all parts, for browsers.
 *
 * Source: the "inline requires" of Metro and Babel.
 */
export function onDemand(source: string, parts: Parts, doors: readonly string[]): Plugin {
  const partOf = (file: string): string | undefined => {
    const path = relative(source, file)
    if (path.endsWith('index.ts')) return undefined
    return Object.keys(parts).find((part) => parts[part]?.modules.test(path))
  }
  /** What is asked of each part. */
  const asked = new Map(Object.keys(parts).map((part) => [part, new Set<string>()]))
  return {
    name: 'on-demand',
    resolveId: (id) => (id.startsWith(PART) || id === LOADER || id === ALL ? { id, moduleSideEffects: id === ALL } : undefined),
    load(id) {
      if (id === LOADER) return LOADER_CODE
      if (id === ALL) return provideAll(Object.keys(parts).filter((part) => parts[part]?.isForBrowsers))
      if (!id.startsWith(PART)) return undefined
      const files = modulesOf(source).filter((file) => partOf(file) === id.slice(PART.length))
      return files.map((file) => `export * from ${JSON.stringify(file)}\n`).join('')
    },
    generateBundle(_options, bundle) {
      for (const part of Object.keys(parts)) {
        const file = bundle[`${part}.js`]
        if (file?.type !== 'chunk') throw new Error(`the part ${part} is not in a file of its own`)
        const missing = [...(asked.get(part) ?? [])].filter((name) => !file.exports.includes(name))
        if (missing.length > 0) throw new Error(`the part ${part} lacks ${missing.join(', ')}`)
        // What has all of its names in another file made it export them; nobody asks for that one.
        for (const other of Object.values(bundle)) {
          if (other === file || other.type !== 'chunk' || other.facadeModuleId !== partId(part)) continue
          delete bundle[other.fileName]
          delete bundle[`${other.fileName}.map`]
        }
      }
    },
    transform: {
      filter: { id: /\.ts$/ },
      handler(code, id) {
        const own = partOf(id)
        const rewritten = rewrite(code, id, ({ file, exported }) => {
          const part = partOf(file)
          if (part === undefined || part === own || parts[part]?.atOnce?.test(relative(source, id)) === true) return undefined
          asked.get(part)?.add(exported)
          return part
        })
        const all = doors.includes(relative(source, id)) ? `import ${JSON.stringify(ALL)};` : ''
        return rewritten === undefined && all === '' ? undefined : { code: all + (rewritten ?? code), map: null }
      },
    },
  }
}

function provideAll(parts: readonly string[]): string {
  const lines = parts.map((part, i) => `import * as part${i} from '${partId(part)}'\nprovide('${part}', part${i})\n`)
  return `import { provide } from '${LOADER}'\n${lines.join('')}`
}

function modulesOf(source: string): string[] {
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.ts') && !/\.(test|bench)\.ts$/.test(name)).map((name) => join(source, name))
}

/** An import of one name. */
interface Import {
  readonly local: string
  readonly exported: string
  readonly file: string
}

/**
 * The module with calls in place of its imports from parts, and the others straight from where they are defined: an `index.ts` may be a door that provides all
 * parts. Undefined where it has neither. Lines stay where they are.
 */
function rewrite(code: string, id: string, partOf: (wanted: Import) => string | undefined): string | undefined {
  const program = parseAst(code, { lang: 'ts' }) as unknown as { readonly body: readonly SyntaxNode[] } & SyntaxNode
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = []
  const calls = new Map<string, string>()
  const used = new Set<string>()
  for (const statement of program.body) {
    const { start, end } = statement
    const lines = '\n'.repeat(code.slice(start, end).split('\n').length - 1)
    let kept = ''
    if (isExportFrom(statement) && statement['exportKind'] !== 'type') {
      for (const { local, exported, file } of namesFrom(statement, 'local', 'exported', id)) {
        kept += `export { ${exported} as ${local} } from ${JSON.stringify(file)};`
      }
      if (kept !== '') edits.push({ start, end, text: kept + lines })
    }
    if (statement.type !== 'ImportDeclaration' || statement['importKind'] === 'type') continue
    for (const wanted of namesFrom(statement, 'imported', 'local', id)) {
      const { local, exported, file } = wanted
      const part = partOf(wanted)
      if (part === undefined) kept += `import { ${exported} as ${local} } from ${JSON.stringify(file)};`
      else {
        used.add(part)
        calls.set(local, `${accessor(part)}().${exported}`)
      }
    }
    if (kept === '' && used.size === 0) continue
    edits.push({ start, end, text: kept + lines })
  }
  if (edits.length === 0) return undefined
  for (const { name, start, end, isShorthand, isConstructed, isAtOnce } of references(program, new Set(calls.keys()))) {
    if (isAtOnce) throw new Error(`${id}: ${name} is of a part that is loaded on demand, and used at once`)
    const call = calls.get(name) as string
    edits.push({ start, end, text: isShorthand ? `${name}: ${call}` : isConstructed ? `(${call})` : call })
  }
  const accessors = [...used].map(
    (part) => `let ${accessor(part)}_;const ${accessor(part)} = () => (${accessor(part)}_ ??= onDemand$('${part}'));`,
  )
  const head = used.size === 0 ? '' : `import { onDemand as onDemand$ } from '${LOADER}';${accessors.join('')}`
  return head + edited(code, edits)
}

function accessor(part: string): string {
  return `${part.replaceAll(/\W/g, '_')}$`
}

function edited(code: string, edits: readonly { readonly start: number; readonly end: number; readonly text: string }[]): string {
  let text = ''
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    text += code.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + code.slice(at)
}

/** The names that a statement takes from a module of this package, and gives to others, each with the module that defines it. */
function namesFrom(statement: SyntaxNode, taken: string, given: string, id: string): Import[] {
  const from = (statement['source'] as SyntaxNode)['value'] as string
  if (!from.startsWith('.')) return []
  const specifiers = statement['specifiers'] as readonly SyntaxNode[]
  return specifiers
    .filter((each) => each['importKind'] !== 'type' && each['exportKind'] !== 'type')
    .map((specifier) => {
      if (specifier[taken] === undefined) throw new Error(`${id}: ${from} is not taken apart by names`)
      const exported = nameOf(specifier[taken])
      return { local: nameOf(specifier[given]), exported, file: definedIn(resolve(id, '..', from), exported) }
    })
}

function isExportFrom(statement: SyntaxNode): boolean {
  return statement.type === 'ExportNamedDeclaration' && statement['source'] !== null && statement['source'] !== undefined
}

/** The module that defines what `file` exports under this name, maybe by way of other modules. */
function definedIn(file: string, name: string): string {
  const { body } = parseAst(readFileSync(file, 'utf8'), { lang: 'ts' }) as unknown as { readonly body: readonly SyntaxNode[] }
  for (const statement of body) {
    if (!isExportFrom(statement)) continue
    const specifiers = statement['specifiers'] as readonly SyntaxNode[]
    const specifier = specifiers.find((each) => nameOf(each['exported']) === name)
    if (specifier !== undefined)
      return definedIn(resolve(file, '..', (statement['source'] as SyntaxNode)['value'] as string), nameOf(specifier['local']))
  }
  return file
}

function nameOf(identifier: unknown): string {
  return (identifier as SyntaxNode)['name'] as string
}
