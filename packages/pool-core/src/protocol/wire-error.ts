import { ForkpoolError } from '../base/errors.ts'
import { ERROR_BYTES_MAX, ERROR_CAUSES_MAX, ERROR_MEMBERS_MAX, ERROR_PROPERTIES_BYTES_MAX, ERROR_TEXT_MAX } from './limits.ts'
import { decodeItems } from './item-decoding.ts'
import { encodeItem } from './values/encode-values.ts'
import { packParts } from './item-block.ts'
import { buildError, ERROR_PART_NAMES, errorName } from './values/error-parts.ts'
import { isPoisonous } from './values/value-kind.ts'

/**
 * An error as it travels. Structure survives: class name, own properties, `cause` and the stack where it was thrown.
 * Its class does not: the receiver rebuilds an `Error` that carries the name.
 */
export interface WireError {
  /** Class name of the thrown value: `RangeError`, `PaymentDeclined`; `NonError` for a thrown value that is no error. */
  readonly name: string
  readonly message: string
  /** A Forkpool error code, where Forkpool raised it. */
  readonly code?: string | undefined
  /** The stack as text, where it was thrown. */
  readonly stack?: string | undefined
  /** Own enumerable properties that can be encoded, without the ones above; `thrown` is the value of a `NonError`. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  /** What was left out, each with the reason: `callback: a function`. */
  readonly dropped?: readonly string[] | undefined
  readonly cause?: WireError | undefined
  /** Members of an `AggregateError`. */
  readonly errors?: readonly WireError[] | undefined
}

/** Most own properties that are looked at, and most notes on what was left out. */
const PROPERTIES_MAX = 64
const NOTES_MAX = 16

/** What is left of the size of one error with all that hangs on it. */
interface Budget {
  characters: number
}

/**
 * What was thrown, ready to travel: a copy, bounded in size (`ERROR_…_MAX`), whatever was thrown and whatever its getters do.
 * Never throws.
 */
export function toWireError(thrown: unknown): WireError {
  return convert(thrown, { characters: ERROR_BYTES_MAX }, ERROR_CAUSES_MAX)
}

function convert(thrown: unknown, budget: Budget, levels: number): WireError {
  try {
    return isError(thrown) ? ofError(thrown, budget, levels) : ofValue(thrown, budget)
  } catch {
    return { name: 'NonError', message: 'a thrown value that cannot be read' }
  }
}

/** Also errors of another realm, which `instanceof` does not know. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
}

function ofError(error: Error, budget: Budget, levels: number): WireError {
  const notes: string[] = []
  const name =
    cut(
      attempt(() => errorName(error), 'Error'),
      budget,
    ) || 'Error'
  const message = cut(toText(attempt<unknown>(() => error.message, '')), budget)
  const stack: unknown = attempt<unknown>(() => error.stack, undefined)
  const code = error instanceof ForkpoolError ? error.code : undefined
  const properties = propertiesOf(error, code === undefined ? undefined : 'code', budget, notes)
  const wire = {
    name,
    message,
    code,
    stack: typeof stack === 'string' ? cut(stack, budget) : undefined,
    properties,
    cause: causeOf(error, budget, levels, notes),
    errors: membersOf(error, budget, levels, notes),
    dropped: notes.length === 0 ? undefined : notes,
  }
  return withoutAbsent(wire)
}

/** `throw 'text'`, `throw null`, `throw { status: 404 }`. */
function ofValue(thrown: unknown, budget: Budget): WireError {
  const notes: string[] = []
  const value = snapshot('thrown', thrown, budget, notes)
  const message = cut(
    attempt(() => describeValue(thrown), 'a thrown value that cannot be read'),
    budget,
  )
  const properties = value === undefined ? undefined : { thrown: value.copy }
  return withoutAbsent({ name: 'NonError', message, properties, dropped: notes.length === 0 ? undefined : notes })
}

function describeValue(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (typeof thrown === 'object' && thrown !== null) {
    const { message } = thrown as { message?: unknown }
    if (typeof message === 'string') return message
  }
  return String(thrown)
}

function causeOf(error: Error, budget: Budget, levels: number, notes: string[]): WireError | undefined {
  const cause: unknown = attempt<unknown>(() => error.cause, undefined)
  if (cause === undefined) return undefined
  if (levels > 0 && budget.characters > 0) return convert(cause, budget, levels - 1)
  note(notes, levels > 0 ? 'cause: the error is too large' : `cause: deeper than ${ERROR_CAUSES_MAX} levels`)
  return undefined
}

function membersOf(error: Error, budget: Budget, levels: number, notes: string[]): readonly WireError[] | undefined {
  const errors: unknown = error instanceof AggregateError ? attempt<unknown>(() => error.errors, undefined) : undefined
  if (!Array.isArray(errors)) return undefined
  const members: WireError[] = []
  for (let i = 0; i < errors.length && i < ERROR_MEMBERS_MAX && levels > 0 && budget.characters > 0; i++) {
    members.push(
      convert(
        attempt<unknown>(() => errors[i] as unknown, undefined),
        budget,
        levels - 1,
      ),
    )
  }
  if (members.length < errors.length) note(notes, `errors: ${errors.length - members.length} of ${errors.length}`)
  return members
}

function propertiesOf(
  error: Error,
  without: string | undefined,
  budget: Budget,
  notes: string[],
): Readonly<Record<string, unknown>> | undefined {
  const keys = attempt(() => Object.keys(error), []).filter((key) => !ERROR_PART_NAMES.has(key) && key !== without)
  const properties: Record<string, unknown> = {}
  let count = 0
  for (const key of keys.slice(0, PROPERTIES_MAX)) {
    const read = attempt<{ readonly value: unknown } | undefined>(
      () => ({ value: (error as unknown as Record<string, unknown>)[key] }),
      undefined,
    )
    if (read === undefined) {
      note(notes, `${label(key)}: its getter threw`)
      continue
    }
    const value = isPoisonous(key, read.value) ? undefined : snapshot(key, read.value, budget, notes)
    if (value === undefined) continue
    properties[key] = value.copy
    count++
  }
  if (keys.length > PROPERTIES_MAX) note(notes, `${keys.length - PROPERTIES_MAX} of ${keys.length} properties`)
  return count === 0 ? undefined : properties
}

/** A copy of the value as it will arrive; `undefined`, and a note, where it cannot travel or is too large. */
function snapshot(key: string, value: unknown, budget: Budget, notes: string[]): { readonly copy: unknown } | undefined {
  try {
    const bytes = encodeItem(value, 'cbor', label(key))
    if (bytes.length > Math.min(ERROR_PROPERTIES_BYTES_MAX, Math.max(0, budget.characters))) {
      note(notes, `${label(key)}: ${bytes.length} bytes are too many`)
      return undefined
    }
    budget.characters -= bytes.length
    return { copy: decodeItems(packParts('cbor', [bytes]))[0] }
  } catch (error) {
    note(notes, error instanceof ForkpoolError ? error.message : `${label(key)}: it cannot be read`)
    return undefined
  }
}

/** A key in a note. */
function label(key: string): string {
  return key.slice(0, 100)
}

function note(notes: string[], text: string): void {
  if (notes.length < NOTES_MAX) notes.push(text.slice(0, 300))
}

/** The text, cut to what one text and the whole error may take; the end says how much is missing. */
function cut(text: string, budget: Budget): string {
  const most = Math.min(ERROR_TEXT_MAX, Math.max(100, budget.characters))
  const kept = text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} characters more)`
  budget.characters -= kept.length
  return kept
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : attempt(() => String(value), '')
}

/** What a piece of the thrower's own code gives, or `otherwise` where it throws. */
function attempt<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Without the fields that are `undefined`: a message compares equal before and after its journey. */
function withoutAbsent(wire: WireError): WireError {
  return Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined)) as unknown as WireError
}

/**
 * An error made of what travelled: of the built-in class when the name is a standard one (`RangeError`), a `ForkpoolError` when the code
 * is one of ours, else an `Error` whose name is the class name. It has the own properties, the cause, and the stack of where it was thrown;
 * `droppedProperties` tells what could not travel.
 */
export function fromWireError(wire: WireError): Error {
  const { name, message, code, stack, properties, dropped, cause, errors } = wire
  return buildError({
    name,
    message,
    code,
    stack,
    hasCause: cause !== undefined,
    cause: cause === undefined ? undefined : fromWireError(cause),
    errors: errors?.map(fromWireError),
    properties: dropped === undefined ? properties : { ...properties, droppedProperties: dropped },
  })
}

/** About the bytes that the error takes in a frame, never less: for senders who must stay below the frame limit. */
export function wireErrorBytes(wire: WireError): number {
  let bytes = 64 + 3 * (wire.name.length + wire.message.length + (wire.stack?.length ?? 0))
  for (const text of wire.dropped ?? []) bytes += 8 + 3 * text.length
  for (const [key, value] of Object.entries(wire.properties ?? {}))
    bytes += 3 * key.length + 8 + encodeItem(value, 'cbor', label(key)).length
  if (wire.cause !== undefined) bytes += wireErrorBytes(wire.cause)
  for (const member of wire.errors ?? []) bytes += wireErrorBytes(member)
  return bytes
}
