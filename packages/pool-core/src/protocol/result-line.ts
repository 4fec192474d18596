import type { TaskFailure } from './client-messages.ts'
import { sliceBlock } from './item-block.ts'
import type { ItemBlock } from './item-block.ts'
import { transcodeToJson } from './item-regrouping.ts'
import { Mismatch, preview } from './mismatch.ts'
import { ERROR } from './schema/error-type.ts'
import { valueFromTree } from './values/json-value-reader.ts'
import { valueToJson } from './values/json-value-writer.ts'
import { fromLittleEndian64 } from './number-bytes.ts'
import { ValueTrail } from './values/value-trail.ts'
import type { WireError } from './wire-error.ts'

/** What came of one task, as HTTP gives it: a line of JSON `{"index":0,"value":…}` or `{"index":0,"error":{…},"attempts":1}`. */
export type ResultLine =
  | { readonly index: number; readonly value: unknown }
  | { readonly index: number; readonly error: WireError; readonly attempts: number }

/** Results of the tasks from `from` on, as in the message `results`. */
interface Results {
  readonly from: number
  readonly count: number
  readonly values: ItemBlock
  readonly failures: readonly TaskFailure[]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The lines of these results in order, without line ends. Values are written as in the JSON dialect. Throws `BAD_MESSAGE` where one cannot be read. */
export function* resultLines({ from, count, values, failures }: Results): Generator<string, void, undefined> {
  const text = textsOf(values)
  let value = 0
  let failure = 0
  for (let at = 0; at < count; at++) {
    const failed = failures[failure]
    if (failed?.at === at) {
      failure++
      yield `{"index":${from + at},"error":${ERROR.stringify(failed.error)},"attempts":${failed.attempts}}`
    } else yield `{"index":${from + at},"value":${text(value++)}}`
  }
}

/** Reads a line. @throws ForkpoolError BAD_MESSAGE. */
export function parseResultLine(line: string): ResultLine {
  try {
    const { index, value, error, attempts } = fieldsOf(line)
    if (typeof index !== 'number') throw new Mismatch('an index', preview(index))
    if (error === undefined) return { index, value: valueFromTree(value) }
    const bytes = new Uint8Array(0)
    return { index, error: ERROR.parse(error, { bytes, depth: 0 }), attempts: typeof attempts === 'number' ? attempts : 1 }
  } catch (fault) {
    throw fault instanceof Mismatch ? fault.toBadMessage('result') : fault
  }
}

/** The JSON text of each item of a block, by its place. */
function textsOf(block: ItemBlock): (at: number) => string {
  if (block.codec === 'f64') {
    const trail = new ValueTrail('items')
    const numbers = fromLittleEndian64(block.bytes)
    return (at) => valueToJson(numbers[at], trail)
  }
  const json = transcodeToJson(block)
  const { offsets, bytes } = json
  const whole = utf8.decode(bytes)
  const base = offsets?.[0] ?? 0
  // Where every character is one byte, the offsets are positions in the text too.
  if (whole.length === bytes.length) return (at) => oneLine(whole.slice((offsets?.[at] ?? 0) - base, (offsets?.[at + 1] ?? 0) - base))
  return (at) => oneLine(utf8.decode(sliceBlock(json, at, 1).bytes))
}

/** A line end can stand in JSON as space only, so that a space says the same. */
function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\n\r]/g, ' ') : text
}

function fieldsOf(line: string): Record<string, unknown> {
  let tree: unknown
  try {
    tree = JSON.parse(line)
  } catch {
    throw new Mismatch('JSON', preview(line))
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) throw new Mismatch('an object', preview(tree))
  return tree as Record<string, unknown>
}
