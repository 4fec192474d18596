import { ForkpoolError } from '../../base/errors.ts'
import { CborReader } from '../cbor/cbor-reader.ts'
import { beginWriter } from '../cbor/cbor-writer.ts'
import type { CborWriter } from '../cbor/cbor-writer.ts'
import type { ItemBlock } from '../item-block.ts'
import { isNestedDeeper } from '../item-json.ts'
import { FRAME_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.ts'
import { located, Mismatch, preview } from '../mismatch.ts'
import type { MessageSchema, MessageTable } from './message-schema.ts'
import { EMPTY_MAP, encodeKey, Struct } from './struct.ts'

/** Room for a message without items and errors. */
const MESSAGE_BYTES_GUESS = 256

/** Room for a failure: a name, a message and a stack. */
const FAILURE_BYTES_GUESS = 1024

/**
 * Brackets within brackets of a JSON frame: three times what a value may have, since a Map in it takes three for each level, and as much again for
 * the message around it and an error's causes.
 */
const JSON_DEPTH_MAX = VALUE_DEPTH_MAX * 4

const KIND = encodeKey('kind')

const utf8Encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A kind of message, ready to read and write. */
interface Entry {
  readonly kind: string
  readonly struct: Struct<object>
  /** `kind` and its value, as they begin the map or the object. */
  readonly cbor: Uint8Array
  readonly json: string
}

type Kinded = { readonly kind: string }

/** Both dialects of the messages of one direction, made from their table: a kind when its first message comes, since most sides know few of them. */
export class MessageCodec<Message extends Kinded> {
  readonly #table: Readonly<Record<string, MessageSchema<Kinded>>>
  readonly #entries = new Map<string, Entry>()

  constructor(table: MessageTable<Message>) {
    this.#table = table as Readonly<Record<string, MessageSchema<Kinded>>>
  }

  get #kinds(): string {
    return Object.keys(this.#table)
      .map((kind) => JSON.stringify(kind))
      .join(', ')
  }

  /** One map in a binary frame. The bytes are the caller's for ever, but may share their `ArrayBuffer`. */
  toCbor(message: Message): Uint8Array {
    const writer = beginWriter(frameBytesGuess(message, true), FRAME_BYTES_MAX)
    this.#write(writer, message)
    return writer.finish()
  }

  /** As `toCbor`, in parts that belong together: the bytes of a large block are one of them, and are not copied. */
  toCborParts(message: Message): readonly Uint8Array[] {
    const writer = beginWriter(frameBytesGuess(message, false), FRAME_BYTES_MAX, true)
    this.#write(writer, message)
    return writer.finishParts()
  }

  #write(writer: CborWriter, message: Message): void {
    try {
      const entry = this.#entry(message.kind)
      writer.byte(EMPTY_MAP)
      writer.raw(entry.cbor)
      writer.patch(0, EMPTY_MAP | (entry.struct.writeFields(writer, message) + 1))
      if (!writer.fits) throw new ForkpoolError('LIMIT_EXCEEDED', `larger than ${FRAME_BYTES_MAX} bytes`)
    } catch (error) {
      writer.abandon()
      throw sendingError(error, message.kind)
    }
  }

  /** One object in a text frame. */
  toJson(message: Message): string {
    const entry = this.#entry(message.kind)
    try {
      const fields = entry.struct.stringifyFields(message)
      const json = fields === '' ? `{${entry.json}}` : `{${entry.json},${fields}}`
      if (json.length * 3 > FRAME_BYTES_MAX && utf8Encoder.encode(json).length > FRAME_BYTES_MAX) {
        throw new ForkpoolError('LIMIT_EXCEEDED', `larger than ${FRAME_BYTES_MAX} bytes`)
      }
      return json
    } catch (error) {
      throw sendingError(error, message.kind)
    }
  }

  /** The message in a binary frame. Item blocks are views of its bytes. Throws `BAD_MESSAGE`, and nothing else. */
  fromCbor(frame: Uint8Array): Message {
    const reader = new CborReader(plain(frame))
    let kind: string | undefined
    try {
      const length = reader.length(5, 'a map')
      let left = length
      if (length > 0 && reader.skipBytes(KIND)) {
        left--
      } else {
        const start = reader.at
        this.#seekKind(reader, length)
        kind = this.#kindOf(reader)
        reader.at = start
      }
      kind ??= this.#kindOf(reader)
      const message = this.#entry(kind).struct.readFields(reader, left, { kind })
      if (reader.at !== reader.end) throw new Mismatch('one map', `more bytes behind it, from byte ${reader.at}`)
      return message as unknown as Message
    } catch (error) {
      throw receivingError(error, kind)
    }
  }

  /** The message in a text frame, given as text or as its bytes in UTF-8. Throws `BAD_MESSAGE`, and nothing else. */
  fromJson(frame: Uint8Array | string, depthMax: number = JSON_DEPTH_MAX): Message {
    let kind: string | undefined
    try {
      const text = typeof frame === 'string' ? frame : decodeUtf8(frame)
      if (isNestedDeeper(text, depthMax)) throw new Mismatch(`at most ${depthMax} levels of nesting`, 'more')
      const json = parse(text)
      // A text in the place of a message is not repeated: somebody may have sent a token all by itself.
      if (typeof json === 'string') throw new Mismatch('an object', 'a text')
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Mismatch('an object', preview(json))
      kind = this.#known(Object.hasOwn(json, 'kind') ? (json as { kind: unknown }).kind : undefined)
      const bytes = typeof frame === 'string' ? utf8Encoder.encode(frame) : frame
      return this.#entry(kind).struct.parse(json, { bytes, depth: 0 }, '', { kind }) as unknown as Message
    } catch (error) {
      throw receivingError(error, kind)
    }
  }

  /** Moves behind the key `kind`, wherever in the map it is. */
  #seekKind(reader: CborReader, length: number): void {
    for (let i = 0; i < length; i++) {
      if (reader.key('a text key') === 'kind') return
      reader.skip()
    }
    this.#known(undefined)
  }

  #kindOf(reader: CborReader): string {
    if (reader.peekMajor() !== 3) throw located(new Mismatch(`one of ${this.#kinds}`, reader.describe(reader.head())), 'kind')
    return this.#known(reader.key('text').slice(0, 100))
  }

  #known(kind: unknown): string {
    if (typeof kind === 'string' && Object.hasOwn(this.#table, kind)) return kind
    throw new Mismatch(`one of ${this.#kinds}`, kind === undefined ? 'nothing: the field is missing' : preview(kind)).inside('kind')
  }

  #entry(kind: string): Entry {
    const known = this.#entries.get(kind)
    if (known !== undefined) return known
    const schema = Object.hasOwn(this.#table, kind) ? this.#table[kind] : undefined
    if (schema === undefined) throw new ForkpoolError('BAD_MESSAGE', `kind: expected one of ${this.#kinds}, got ${preview(kind)}`)
    const entry = toEntry(kind, schema)
    this.#entries.set(kind, entry)
    return entry
  }
}

function toEntry(kind: string, schema: MessageSchema<Kinded>): Entry {
  const struct = new Struct<object>(`a ${kind} message`, schema.fields, schema.rules)
  const value = encodeKey(kind)
  const cbor = new Uint8Array(KIND.length + value.length)
  cbor.set(KIND)
  cbor.set(value, KIND.length)
  return { kind, struct, cbor, json: `"kind":${JSON.stringify(kind)}` }
}

/** A frame of a plain `Uint8Array`: a `Buffer` is slower to read, and would give `Buffer`s. */
function plain(frame: Uint8Array): Uint8Array {
  return frame.constructor === Uint8Array ? frame : new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength)
}

/** About as many bytes as the frame will have: a right guess spares the copy of a large block. Without `copied` the block's bytes do not count. */
function frameBytesGuess(message: Kinded, copied: boolean): number {
  const { items, values, failures } = message as { items?: ItemBlock; values?: ItemBlock; failures?: readonly unknown[] }
  const block = items ?? values
  const blockBytes = block === undefined || !copied ? 0 : block.bytes.length + (block.offsets?.byteLength ?? 0)
  return MESSAGE_BYTES_GUESS + blockBytes + (failures === undefined ? 0 : failures.length * FAILURE_BYTES_GUESS)
}

function decodeUtf8(frame: Uint8Array): string {
  try {
    return utf8.decode(frame)
  } catch {
    throw new Mismatch('UTF-8', 'other bytes')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Mismatch('JSON', error instanceof Error ? reasonOf(error.message) : 'something else')
  }
}

/** The engine's complaint without the piece of the frame that it quotes: the frame may hold a token. */
function reasonOf(complaint: string): string {
  const reason = complaint.split(/, (?:\.\.\.)?"/)[0] ?? ''
  return reason === '' || reason.startsWith('"') ? 'something else' : `"${reason}"`
}

function receivingError(error: unknown, kind: string | undefined): unknown {
  return error instanceof Mismatch ? error.toBadMessage(kind ?? 'message') : error
}

function sendingError(error: unknown, kind: string): unknown {
  if (error instanceof ForkpoolError && error.code === 'LIMIT_EXCEEDED') {
    return new ForkpoolError('LIMIT_EXCEEDED', `the ${kind} message is ${error.message}`)
  }
  return receivingError(error, kind)
}
