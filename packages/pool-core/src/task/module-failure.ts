import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForkpoolError } from '../base/index.ts'
import { codeFolder } from '../package-files.ts'
import { placeInFrame, placeInStack } from './source-place.ts'
import { syntaxErrorPlace } from './syntax-error-place.ts'

/**
 * Why a task module cannot be used, as one line for the operator: what Node says when an import fails is a stack of Node's own frames.
 * The thrown value stays behind it as `cause`.
 */
export function moduleFailure(url: string, thrown: unknown): ForkpoolError {
  const file = fileURLToPath(url)
  return new ForkpoolError('TASK_MODULE', `cannot use task module ${file}: ${reason(url, file, thrown)}`, { cause: thrown })
}

/** The properties by which Node's loader tells its failures apart. */
interface LoaderError {
  readonly code?: unknown
  readonly url?: unknown
}

function reason(url: string, file: string, thrown: unknown): string {
  if (!(thrown instanceof Error)) return `it throws while it loads: ${String(thrown)}`
  const { code, url: missing } = thrown as LoaderError
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
      return missing === url ? 'there is no such file' : `one of its imports is missing: ${firstLine(thrown.message)}`
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
      return missing === url ? 'it is a folder; name a file' : `one of its imports is a folder: ${firstLine(thrown.message)}`
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return `${firstLine(thrown.message)}${at(file, thrown)}; Node only strips types: write it in erasable syntax, or name the compiled JavaScript`
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return 'Node runs no TypeScript under node_modules: name the compiled JavaScript'
    case 'ERR_UNKNOWN_FILE_EXTENSION':
    case 'ERR_IMPORT_ATTRIBUTE_MISSING':
      if (!thrown.message.includes(url) && !thrown.message.includes(file))
        return `one of its imports cannot be loaded: ${firstLine(thrown.message)}`
      return 'it is no TypeScript or JavaScript: expected .ts, .mts, .cts, .js, .mjs or .cjs'
    default:
      if (isParseFailure(thrown)) return `it does not parse: ${firstLine(thrown.message)}${at(file, thrown)}`
      return `it throws while it loads: ${describeThrown(thrown)}`
  }
}

/** The frames of Node's loader in which a source becomes code; a `SyntaxError` of `JSON.parse` in the module's own code has others on top. */
const PARSING = /^ {4}at (?:compileSourceTextModule|wrapSafe|parseTypeScript|compileFunctionForCJSLoader) /

function isParseFailure(error: Error): boolean {
  const [top] = framesOf(error)
  return error instanceof SyntaxError && top !== undefined && PARSING.test(top)
}

function stackOf(error: Error): string {
  return typeof error.stack === 'string' ? error.stack : ''
}

function framesOf(error: Error): readonly string[] {
  return stackOf(error)
    .split('\n')
    .filter((line) => line.startsWith('    at '))
}

/** ` (tasks.ts:3)`, or nothing where the place is not known. Node puts it in front of the stack, except for JavaScript modules. */
function at(file: string, error: Error): string {
  const place = placeInStack(stackOf(error)) ?? syntaxErrorPlace(file)
  if (place === undefined) return ' (in one of the files that it imports)'
  return ` (${path.dirname(place.file) === path.dirname(file) ? path.basename(place.file) : place.file}:${place.line})`
}

/** Class name, message, and the line of user code that threw, if any did. */
function describeThrown(error: Error): string {
  const place =
    placeInStack(stackOf(error)) ??
    framesOf(error)
      .map(placeInFrame)
      .find((found) => found !== undefined && !found.file.startsWith(OURS))
  return `${error.name}: ${firstLine(error.message)}${place === undefined ? '' : ` (${path.basename(place.file)}:${place.line})`}`
}

/** A value that throws when it is read throws through code of this package. */
const OURS = fileURLToPath(codeFolder())

function firstLine(text: unknown): string {
  return String(text).split('\n', 1)[0] as string
}
