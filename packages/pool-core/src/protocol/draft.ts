// Working draft behind the final names: replaced within the hour.
import { Encoder } from 'cbor-x'
import type { ClientMessage, ServerMessage } from './client-messages.ts'
import type { CoordinatorMessage, WorkerMessage } from './worker-messages.ts'
import type { Dialect } from './dialect.ts'
import type { ItemBlock } from './item-block.ts'
import { sliceBlock } from './item-block.ts'
import type { WireError } from './wire-error.ts'

const cbor = new Encoder({ useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false })
const text = new TextEncoder()
const untext = new TextDecoder()

function pack(codec: 'cbor' | 'json', parts: Uint8Array[]): ItemBlock {
  const offsets = new Uint32Array(parts.length + 1)
  parts.forEach((part, i) => (offsets[i + 1] = (offsets[i] as number) + part.length))
  const bytes = new Uint8Array(offsets[parts.length] as number)
  parts.forEach((part, i) => bytes.set(part, offsets[i] as number))
  return { count: parts.length, codec, offsets, bytes }
}

export function encodeItems(values: readonly unknown[], start = 0, end: number = values.length): ItemBlock {
  const some = values.slice(start, end)
  if (some.every((value) => typeof value === 'number')) {
    return { count: some.length, codec: 'f64', bytes: new Uint8Array(Float64Array.from(some as number[]).buffer) }
  }
  return pack(
    'cbor',
    some.map((value) => cbor.encode(value).slice()),
  )
}

export function encodeItemsJson(values: readonly unknown[], start = 0, end: number = values.length): ItemBlock {
  return pack(
    'json',
    values.slice(start, end).map((value) => text.encode(JSON.stringify(value))),
  )
}

export function decodeItems(block: ItemBlock): unknown[] {
  const out = new Array<unknown>(block.count)
  decodeItemsInto(block, out, 0)
  return out
}

export function decodeItemsInto(block: ItemBlock, target: unknown[], at: number): void {
  if (block.codec === 'f64') {
    const numbers = new Float64Array(block.bytes.slice().buffer)
    for (let i = 0; i < numbers.length; i++) target[at + i] = numbers[i]
    return
  }
  for (let i = 0; i < block.count; i++) {
    const { bytes } = sliceBlock(block, i, 1)
    target[at + i] = block.codec === 'json' ? JSON.parse(untext.decode(bytes)) : cbor.decode(bytes)
  }
}

export function concatBlocks(blocks: readonly ItemBlock[]): ItemBlock {
  return encodeItems(blocks.flatMap((block) => decodeItems(block)))
}

export function selectItems(block: ItemBlock, indexes: readonly number[]): ItemBlock {
  const values = decodeItems(block)
  return encodeItems(indexes.map((index) => values[index]))
}

export function transcodeToJson(block: ItemBlock): ItemBlock {
  return block.codec === 'json' ? block : encodeItemsJson(decodeItems(block))
}

const BLOCKS = ['items', 'values']

function toFrame(message: object, dialect: Dialect): Uint8Array | string {
  if (dialect === 'cbor') return cbor.encode(message).slice()
  return JSON.stringify(message, (key: string, value: unknown) =>
    BLOCKS.includes(key) && typeof value === 'object' && value !== null && 'codec' in value ? decodeItems(value as ItemBlock) : value,
  )
}

function fromFrame(frame: Uint8Array | string, dialect: Dialect): Record<string, unknown> {
  if (dialect === 'cbor') return cbor.decode(frame as Uint8Array) as Record<string, unknown>
  const message = JSON.parse(typeof frame === 'string' ? frame : untext.decode(frame)) as Record<string, unknown>
  for (const key of BLOCKS) if (Array.isArray(message[key])) message[key] = encodeItemsJson(message[key] as unknown[])
  return message
}

export const encodeClientMessage = (message: ClientMessage, dialect: Dialect): Uint8Array | string => toFrame(message, dialect)
export const encodeServerMessage = (message: ServerMessage, dialect: Dialect): Uint8Array | string => toFrame(message, dialect)
export const encodeWorkerMessage = (message: WorkerMessage): Uint8Array => toFrame(message, 'cbor') as Uint8Array
export const encodeCoordinatorMessage = (message: CoordinatorMessage): Uint8Array => toFrame(message, 'cbor') as Uint8Array
export const decodeClientMessage = (frame: Uint8Array | string, dialect: Dialect): ClientMessage => fromFrame(frame, dialect) as unknown as ClientMessage
export const decodeServerMessage = (frame: Uint8Array | string, dialect: Dialect): ServerMessage => fromFrame(frame, dialect) as unknown as ServerMessage
export const decodeWorkerMessage = (frame: Uint8Array): WorkerMessage => fromFrame(frame, 'cbor') as unknown as WorkerMessage
export const decodeCoordinatorMessage = (frame: Uint8Array): CoordinatorMessage => fromFrame(frame, 'cbor') as unknown as CoordinatorMessage

export class ItemBlockBuilder {
  readonly #values: unknown[] = []
  readonly #reply: 'auto' | 'json'
  constructor(reply: 'auto' | 'json' = 'auto') {
    this.#reply = reply
  }
  get count(): number {
    return this.#values.length
  }
  get bytes(): number {
    return this.#values.length * 8
  }
  add(value: unknown): void {
    encodeItems([value])
    this.#values.push(value)
  }
  finish(): ItemBlock {
    return this.#reply === 'json' ? encodeItemsJson(this.#values) : encodeItems(this.#values)
  }
}

export function toWireError(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) }
  return { name: thrown.name, message: thrown.message, stack: thrown.stack }
}

export function fromWireError(wire: WireError): Error {
  const error = new Error(wire.message)
  error.name = wire.name
  return error
}
