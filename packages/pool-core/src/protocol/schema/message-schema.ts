import type { FieldsOf, Rule } from './struct.ts'

export type Sender = 'client' | 'coordinator' | 'worker'

/** A message: who sends it, when, its fields and what must hold between them. */
export interface MessageSchema<Message> {
  readonly sender: Sender
  readonly doc: string
  readonly fields: FieldsOf<Omit<Message, 'kind'>>
  readonly rules?: readonly Rule<Omit<Message, 'kind'>>[] | undefined
}

/** The messages of one direction by kind: a kind that the union has and the table lacks does not compile. */
export type MessageTable<Message extends { readonly kind: string }> = {
  readonly [Kind in Message['kind']]: MessageSchema<Extract<Message, { readonly kind: Kind }>>
}
