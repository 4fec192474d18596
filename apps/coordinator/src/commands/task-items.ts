import { createReadStream, fstatSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { text } from '../config/option.ts'
import type { Flags, Terminal } from './command.ts'

/** Options of commands that run tasks: where their items come from. */
export const ITEM_OPTIONS = {
  items: text({ default: undefined, placeholder: 'A..B', doc: 'Whole numbers from A to B, both included.' }),
  itemsFile: text({ default: undefined, placeholder: 'FILE', doc: 'JSON lines, one item a line; - is standard input.' }),
}

/** Items and, where it is known, how many there are. */
export interface TaskItems {
  readonly values: Iterable<unknown> | AsyncIterable<unknown>
  readonly total: number | undefined
}

/** Whole numbers from `from` to `to`. */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

/** `1..1000000`. @throws ForkpoolError BAD_ARGUMENT. */
export function parseRange(given: string): NumberRange {
  const [, from, to] = /^(-?\d+)\.\.(-?\d+)$/.exec(given) ?? []
  const range = { from: Number(from), to: Number(to) }
  if (from === undefined || !Number.isSafeInteger(range.from) || !Number.isSafeInteger(range.to) || range.to < range.from)
    throw new ForkpoolError('BAD_ARGUMENT', `--items: expected a range such as 1..1000000, got "${given}"`)
  return range
}

/** The numbers of a range, one after the other. */
function* numbers(range: NumberRange): Generator<number> {
  for (let n = range.from; n <= range.to; n++) yield n
}

/**
 * Items as they were asked for: a range, operands, a file of JSON lines, or standard input where that is a pipe or a file and the
 * task needs an argument. None of these: one call without arguments (`undefined`).
 */
export function readTaskItems(
  terminal: Terminal,
  flags: Flags,
  operands: readonly string[],
  needsArgument: boolean,
): TaskItems | undefined {
  const range = flags['items'] as string | undefined
  const file = flags['itemsFile'] as string | undefined
  const sources = [range !== undefined && '--items', file !== undefined && '--items-file', operands.length > 0 && 'items as operands']
  const given = sources.filter((source) => source !== false)
  if (given.length > 1) throw new ForkpoolError('BAD_ARGUMENT', `${given.join(' and ')} do not go together`)
  if (range !== undefined) {
    const parsed = parseRange(range)
    return { values: numbers(parsed), total: parsed.to - parsed.from + 1 }
  }
  if (operands.length > 0) return { values: operands.map(parseOperand), total: operands.length }
  if (file !== undefined && file !== '-') return { values: jsonLines(() => createReadStream(file), file), total: undefined }
  if (file === '-' || (needsArgument && isPipedIn())) return { values: jsonLines(() => terminal.stdin, 'standard input'), total: undefined }
  if (needsArgument)
    throw new ForkpoolError('BAD_ARGUMENT', 'no items: give --items A..B, operands, --items-file FILE, or pipe JSON lines in')
  return undefined
}

/** An operand is JSON where it can be read so, else the text itself: `5`, `[1,2]`, `README.md`. */
function parseOperand(operand: string): unknown {
  try {
    return parseJson(operand)
  } catch {
    return operand
  }
}

/** JSON; a whole number that a double cannot hold comes as a big integer. */
function parseJson(source: string): unknown {
  if (/^-?\d{16,}$/.test(source) && !Number.isSafeInteger(Number(source))) return BigInt(source)
  return JSON.parse(source)
}

/** Whether something is piped or redirected in: a terminal or nothing (`/dev/null`) is a character device. */
function isPipedIn(): boolean {
  try {
    const stat = fstatSync(0)
    return stat.isFIFO() || stat.isFile() || stat.isSocket()
  } catch {
    return false
  }
}

/** Lines of JSON; empty ones are passed over. @throws ForkpoolError BAD_ARGUMENT with the line's number. */
async function* jsonLines(open: () => Readable, name: string): AsyncGenerator {
  // Opened here and not before: a stream that fails while nobody reads it would end the program.
  const stream = open()
  let number = 0
  let rest = ''
  stream.setEncoding('utf8')
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        number++
        if (line.trim() !== '') yield parseLine(line.trim(), name, number)
      }
    }
  } catch (error) {
    if (error instanceof ForkpoolError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new ForkpoolError('BAD_ARGUMENT', `${name}: cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`)
  }
  if (rest.trim() !== '') yield parseLine(rest.trim(), name, number + 1)
}

function parseLine(line: string, name: string, number: number): unknown {
  try {
    return parseJson(line)
  } catch {
    const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line
    throw new ForkpoolError('BAD_ARGUMENT', `${name}, line ${number}: expected JSON, got ${shown}`)
  }
}
