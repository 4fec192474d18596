import { beginWriter } from './cbor-writer.ts'

/** A text as it stands in CBOR. */
export function encodeKey(name: string): Uint8Array {
  const writer = beginWriter(name.length + 8, 1024)
  writer.text(name)
  return writer.finish().slice()
}
