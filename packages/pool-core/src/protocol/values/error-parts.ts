import { ERRORS, ForkpoolError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { className } from './value-kind.ts'

const BUILT_IN: Readonly<Record<string, new (message: string) => Error>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

/** Properties that an error's own parts stand for; they are never among its `properties`. */
export const ERROR_PART_NAMES: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors'])

/** The name of an error's class: `RangeError`, `PaymentDeclined`. */
export function errorName(error: Error): string {
  const { name } = error
  // A class that does not set `name` inherits the one of its built-in parent: the constructor knows better.
  const inherited =
    typeof name !== 'string' || ((Object.hasOwn(BUILT_IN, name) || name === 'AggregateError') && !Object.hasOwn(error, 'name'))
  return (inherited ? className(error) : name) || inheritedName(name)
}

/** An error as the object that travels for it: name, message, stack, and where it has them cause, members and own properties. */
export function describeError(error: Error): Record<string, unknown> {
  const parts: Record<string, unknown> = { name: errorName(error), message: error.message }
  if (typeof error.stack === 'string') parts['stack'] = error.stack
  if (Object.hasOwn(error, 'cause')) parts['cause'] = error.cause
  if (error instanceof AggregateError) parts['errors'] = error.errors as unknown
  const keys = Object.keys(error).filter((key) => !ERROR_PART_NAMES.has(key))
  if (keys.length > 0)
    parts['properties'] = Object.fromEntries(keys.map((key) => [key, (error as unknown as Record<string, unknown>)[key]]))
  return parts
}

/** For a class without a name of its own: that of its parent. */
function inheritedName(name: unknown): string {
  return typeof name === 'string' && name !== '' ? name : 'Error'
}

/** What an error is made of again. */
export interface ErrorParts {
  readonly name: string
  readonly message: string
  readonly code?: string | undefined
  readonly stack?: string | undefined
  readonly hasCause: boolean
  readonly cause?: unknown
  readonly errors?: readonly unknown[] | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/**
 * An error from its parts: of the built-in class when the name is a standard one, a `ForkpoolError` when the code is one of ours,
 * else an `Error` with this name. It keeps the stack of where it was thrown.
 */
export function buildError(parts: ErrorParts): Error {
  const error = instantiate(parts)
  if (error.name !== parts.name) define(error, 'name', parts.name)
  if (parts.stack !== undefined) define(error, 'stack', parts.stack)
  if (parts.hasCause) define(error, 'cause', parts.cause)
  for (const [key, value] of Object.entries(parts.properties ?? {})) {
    if (ERROR_PART_NAMES.has(key) || key === '__proto__') continue
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return error
}

function instantiate({ name, message, code, errors }: ErrorParts): Error {
  if (code !== undefined && Object.hasOwn(ERRORS, code)) return new ForkpoolError(code as ErrorCode, message)
  if (errors !== undefined) return new AggregateError(errors, message)
  const BuiltIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
  return new (BuiltIn ?? Error)(message)
}

/** As the built-in properties of errors are: writable, not enumerable. */
function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true })
}
