import { encodeItems } from '../item-encoding.ts'
import { encodeItemsJson } from '../values/encode-values.ts'
import { VALUE_TABLE } from '../values/value-table.ts'
import { schemaTables } from './all-messages.ts'

/**
 * Everything that two programs must agree on, as text: each message with its fields, their types and rules, and each kind of value with
 * its bytes. Sentences for people are not in it. `version.test.ts` holds its hash.
 */
export function schemaText(): string {
  const lines: string[] = []
  for (const { name, struct } of schemaTables()) {
    lines.push(name)
    for (const [field, { type, optional }] of struct.table) {
      lines.push(`  ${field}${optional ? '?' : ''}: ${type.expected}`)
    }
    for (const { text } of struct.rules) lines.push(`  rule: ${text}`)
  }
  for (const { name, sample } of VALUE_TABLE) lines.push(`value ${name}: ${cborSample(sample)} ${jsonSample(sample)}`)
  return lines.join('\n')
}

/** The value's bytes in CBOR, hexadecimal. */
export function cborSample(sample: unknown): string {
  // Beside a text, so that a number is not taken into a block of codec `f64`.
  const { bytes, offsets } = encodeItems([sample, ''])
  return hex(bytes.subarray(0, offsets?.[1]))
}

/** The value as JSON text. */
export function jsonSample(sample: unknown): string {
  return new TextDecoder().decode(encodeItemsJson([sample]).bytes)
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
