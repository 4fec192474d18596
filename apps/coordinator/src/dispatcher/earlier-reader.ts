import type { BatchSink } from '../batch-request.ts'

/** Whether `one` is a connection of the same client as `other`, and an earlier one: what it asks for comes late. */
export function isEarlierReader(one: BatchSink['reader'], other: BatchSink['reader']): boolean {
  return one !== undefined && one.instance === other?.instance && one.connection < other.connection
}
