import { ForkpoolError } from '../base/index.ts'
import { TaskRegistry } from './task-registry.ts'
import type { TaskFunction, TaskModule } from './task-registry.ts'

// Not by `import`: see `requireHere`.
const path = process.getBuiltinModule('node:path')
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url')

export interface LoadTaskModulesOptions {
  /** The exports of the task module that comes with Forkpool: its tasks yield their plain names to the user's. */
  readonly builtIn?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Loads task modules, TypeScript as it is (Node's type stripping) or JavaScript, ESM or CommonJS. Their plain exported functions are the
 * tasks; nothing is registered. Classes are not tasks. A default export counts only where no function is exported by name, or where the
 * module is CommonJS: an object gives its functions, a named function gives itself. A file named twice is loaded once.
 *
 * @param specs absolute paths, `file:` URLs, or modules as text in `data:` URLs.
 * Errors: `TASK_MODULE` with a text for the operator, without a stack: the file is missing, does not parse (file and line), uses syntax
 * that Node cannot strip, throws while it loads, exports no function, or shares file name and function name with another. Modules loaded
 * before the broken one stay loaded: Node cannot unload, so the process had better end.
 */
export async function loadTaskModules(specs: readonly string[], options: LoadTaskModulesOptions = {}): Promise<TaskRegistry> {
  const modules: TaskModule[] = []
  if (options.builtIn !== undefined) {
    modules.push({ origin: BUILT_IN, label: BUILT_IN, prefix: BUILT_IN, builtIn: true, functions: taskFunctions(options.builtIn) })
  }
  for (const url of new Set(specs.map(moduleUrl))) modules.push(await loadTaskModule(url))
  return new TaskRegistry(modules)
}

const BUILT_IN = 'built-in'

/** How a module begins that is its own text: one that the program wrote itself. */
const INLINE = 'data:text/javascript,'

function moduleUrl(spec: string): string {
  if (spec.startsWith('file:') || spec.startsWith(INLINE)) return spec
  if (path.isAbsolute(spec)) return pathToFileURL(spec).href
  throw new ForkpoolError('TASK_MODULE', `cannot use task module "${spec}": expected an absolute path or a file: URL`)
}

async function loadTaskModule(url: string): Promise<TaskModule> {
  const file = url.startsWith(INLINE) ? 'inline' : fileURLToPath(url)
  let functions: Map<string, TaskFunction>
  let exported: Record<string, unknown>
  try {
    // oxlint-disable-next-line no-unsanitized -- the operator named this module; clients cannot.
    exported = (await import(url)) as Record<string, unknown>
    functions = taskFunctions(exported)
  } catch (thrown) {
    const { moduleFailure } = await import('./module-failure.ts')
    throw moduleFailure(url, thrown)
  }
  if (functions.size === 0) throw new ForkpoolError('TASK_MODULE', `cannot use task module ${file}: ${describeExports(exported)}`)
  const label = path.basename(file)
  return { origin: file, label, prefix: path.basename(file, path.extname(file)), builtIn: false, functions }
}

/** Node adds this export to every CommonJS module; its value is the whole of `module.exports`. */
const COMMON_JS = 'module.exports'

function taskFunctions(exported: Readonly<Record<string, unknown>>): Map<string, TaskFunction> {
  const functions = new Map<string, TaskFunction>()
  const take = (name: string, value: unknown): void => {
    if (isPlainFunction(value) && name !== 'default' && name !== COMMON_JS) functions.set(name, value)
  }
  for (const name of Object.keys(exported)) take(name, exported[name])
  // Node finds the names of CommonJS exports by reading the source, and misses some: the object itself is the truth.
  if (functions.size > 0 && !(COMMON_JS in exported)) return functions
  const fallback = exported['default']
  if (typeof fallback === 'function') take(fallback.name, fallback)
  else if (typeof fallback === 'object' && fallback !== null) {
    for (const [name, value] of Object.entries(fallback)) take(name, value)
  }
  return functions
}

function isPlainFunction(value: unknown): value is TaskFunction {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
}

function describeExports(exported: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exported).filter((name) => name !== COMMON_JS && !(name === 'default' && COMMON_JS in exported))
  if (names.length === 0) return 'it exports nothing; export the functions that shall be tasks'
  const kinds = names.map((name) => `${name} (${kindOf(exported[name])})`)
  return `it exports no function, only ${kinds.slice(0, 10).join(', ')}${kinds.length > 10 ? ', …' : ''}`
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return isPlainFunction(value) ? 'function without a name' : 'class'
  return value === null ? 'null' : typeof value
}
