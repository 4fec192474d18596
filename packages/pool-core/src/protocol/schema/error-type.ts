import { ERROR_MEMBERS_MAX } from '../limits.ts'
import { Mismatch, preview } from '../mismatch.ts'
import { readProperties } from '../values/cbor-value-reader.ts'
import { writeProperties } from '../values/cbor-value-writer.ts'
import { objectOf } from '../values/json-value-reader.ts'
import { entriesTree } from '../values/json-value-writer.ts'
import { ValueTrail } from '../values/value-trail.ts'
import type { WireError } from '../wire-error.ts'
import { lazy, list, text } from './field-type.ts'
import type { FieldType } from './field-type.ts'
import { optional, required, Struct } from './struct.ts'

/** Longest text of an error that is accepted: above what senders cut theirs to, so that another sender's rule may differ. */
const TEXT_MAX = 1_048_576

/** Names and values of the sender's own. */
const properties: FieldType<Readonly<Record<string, unknown>>> = {
  expected: 'an object of values',
  read: readProperties,
  write: (writer, value) => writeProperties(writer, value, new ValueTrail('properties')),
  parse(json) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Mismatch(properties.expected, preview(json))
    return objectOf(json as Record<string, unknown>, 0)
  },
  stringify: (value) => JSON.stringify(entriesTree(value, new ValueTrail('properties'))),
}

const nested: FieldType<WireError> = lazy('an error', () => ERROR)

/** An error as it travels. */
export const ERROR: Struct<WireError> = new Struct<WireError>('an error', {
  name: required(
    text(1, TEXT_MAX),
    'Class name of what was thrown: `RangeError`, `PaymentDeclined`; `NonError` for a thrown value that is no error.',
  ),
  message: required(text(0, TEXT_MAX), 'The message.'),
  code: optional(text(1, 100), 'A Forkpool error code, where Forkpool raised it.'),
  stack: optional(text(0, TEXT_MAX), 'The stack as text, where it was thrown.'),
  properties: optional(properties, 'Own properties of the error that can travel.'),
  dropped: optional(list(0, 1024, text(0, TEXT_MAX)), 'What was left out: a property that cannot travel, with the reason.'),
  cause: optional(nested, 'What lay behind it.'),
  errors: optional(list(0, ERROR_MEMBERS_MAX, nested), 'Members of an `AggregateError`.'),
})
