import { ForkpoolError } from '../base/index.ts'

/** Functions that are written where the pool is made. */
export type InlineTasks = Readonly<Record<string, (...args: never[]) => unknown>>

/** What every inline module begins with: a name that a function does not have is most often one of the program around it. */
const PREAMBLE = `
const explain = (task, error) => {
  const name = error instanceof ReferenceError ? /^(\\S+) is not defined$/.exec(error.message)?.[1] : undefined
  if (name === undefined) return error
  return new ReferenceError(
    'the inline function "' + task + '" uses ' + name + ', which lies outside of it: pass it as an argument, or move both into a task module',
    { cause: error },
  )
}
const closed = (task, run) => (...args) => {
  const fail = (error) => { throw explain(task, error) }
  try {
    const result = run(...args)
    return typeof result?.then === 'function' ? result.then(undefined, fail) : result
  } catch (error) {
    fail(error)
  }
}
`

/**
 * A task module made of the text of functions, as a `data:` URL. They must close over nothing: a worker has their text and not what stands
 * around them, and a task that uses a name from there fails with a `ReferenceError` that says so.
 * @throws ForkpoolError BAD_ARGUMENT for what is no function with a text: a built-in one, a bound one, a class.
 */
export function inlineModule(functions: InlineTasks): URL {
  const names = Object.keys(functions)
  if (names.length === 0) throw bad('a pool needs at least one function')
  const entries = names.map((name, i) => {
    const quoted = JSON.stringify(name)
    return `const task${i} = closed(${quoted}, ${expressionOf(name, functions[name])})\nexport { task${i} as ${quoted} }`
  })
  return new URL(`data:text/javascript,${encodeURIComponent(`${PREAMBLE}${entries.join('\n')}\n`)}`)
}

/** The function as an expression. A method's text is one only within an object. */
function expressionOf(name: string, value: unknown): string {
  if (typeof value !== 'function') throw bad(`the task "${name}" must be a function, not ${value === null ? 'null' : typeof value}`)
  const text = Function.prototype.toString.call(value)
  if (/^class\b/.test(text)) throw bad(`the task "${name}" must be a function, not a class`)
  const expression = `(${text})`
  if (compiles(expression)) return expression
  const asMethod = `Object.values({ ${text} })[0]`
  if (compiles(`(${asMethod})`)) return asMethod
  throw bad(`the task "${name}" has no text that a worker could run: it is built in, or bound`)
}

/** Whether it is JavaScript; it is not run. */
function compiles(text: string): boolean {
  try {
    const { Script } = process.getBuiltinModule('node:vm')
    return new Script(text) instanceof Script
  } catch {
    return false
  }
}

function bad(message: string): ForkpoolError {
  return new ForkpoolError('BAD_ARGUMENT', message)
}
