import { CLIENT_MESSAGES, SERVER_MESSAGES } from './client-schema.ts'
import type { MessageSchema } from './message-schema.ts'
import { Struct } from './struct.ts'
import type { FieldType } from './field-type.ts'
import { COORDINATOR_MESSAGES, WORKER_MESSAGES } from './worker-schema.ts'

type AnySchema = MessageSchema<{ readonly kind: string }>

/** One table of fields: a message's, or a structure's that messages contain. */
export interface SchemaTable {
  /** `client submit`, `coordinator results`, `a failure`. */
  readonly name: string
  readonly doc: string
  readonly struct: Struct<object>
}

const PEERS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['client', CLIENT_MESSAGES],
  ['server', SERVER_MESSAGES],
  ['worker', WORKER_MESSAGES],
  ['coordinator', COORDINATOR_MESSAGES],
]

/** All messages (`client submit`, `server results`, `worker ran`, `coordinator run`), then all structures in them. */
export function schemaTables(): readonly SchemaTable[] {
  const messages = PEERS.flatMap(([peer, table]) =>
    Object.entries(table as Readonly<Record<string, AnySchema>>).map(([kind, schema]) => ({
      name: `${peer} ${kind}`,
      doc: schema.doc,
      struct: new Struct<object>(kind, schema.fields, schema.rules),
    })),
  )
  const structs = new Set<Struct<object>>()
  for (const { struct } of messages) for (const part of struct.parts()) collect(part, structs)
  return [...messages, ...[...structs].map((struct) => ({ name: struct.expected, doc: '', struct }))]
}

function collect(type: FieldType<unknown>, found: Set<Struct<object>>): void {
  if (type instanceof Struct) {
    if (found.has(type as Struct<object>)) return
    found.add(type as Struct<object>)
  }
  for (const part of type.parts?.() ?? []) collect(part, found)
}
