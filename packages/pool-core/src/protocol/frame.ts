import { ForkpoolError } from '../base/errors.ts'
import { LENT_BYTES_MIN } from './cbor/cbor-writer.ts'
import type { ClientMessage, ServerMessage } from './client-messages.ts'
import type { Dialect } from './dialect.ts'
import { readResults, readSubmit, writeResults, writeSubmit } from './hot-frames/client-frames.ts'
import { readRan, readRun, writeRan, writeRun } from './hot-frames/worker-frames.ts'
import type { ItemBlock } from './item-block.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './schema/client-schema.ts'
import { MessageCodec } from './schema/message-codec.ts'
import { COORDINATOR_MESSAGES, WORKER_MESSAGES } from './schema/worker-schema.ts'
import type { CoordinatorMessage, WorkerMessage } from './worker-messages.ts'

const client = new MessageCodec<ClientMessage>(CLIENT_MESSAGES)
const server = new MessageCodec<ServerMessage>(SERVER_MESSAGES)
const worker = new MessageCodec<WorkerMessage>(WORKER_MESSAGES)
const coordinator = new MessageCodec<CoordinatorMessage>(COORDINATOR_MESSAGES)

/**
 * A client's message as one frame: bytes for a binary frame (`cbor`), text for a text frame (`json`). Bytes are never written again and may
 * wait in a socket's queue; they may share their `ArrayBuffer` with other frames, so they must not be transferred. Throws
 * `LIMIT_EXCEEDED` for a frame above `FRAME_BYTES_MAX`, and `BAD_MESSAGE` for a field that no receiver would take.
 */
export function encodeClientMessage(message: ClientMessage, dialect: Dialect): Uint8Array | string {
  if (dialect === 'json') return client.toJson(message)
  return (message.kind === 'submit' ? writeSubmit(message) : undefined) ?? client.toCbor(message)
}

/** A coordinator's message to a client as one frame; as `encodeClientMessage`. */
export function encodeServerMessage(message: ServerMessage, dialect: Dialect): Uint8Array | string {
  if (dialect === 'json') return server.toJson(message)
  return (message.kind === 'results' ? writeResults(message) : undefined) ?? server.toCbor(message)
}

/** A worker's message as one binary frame; as `encodeClientMessage`. */
export function encodeWorkerMessage(message: WorkerMessage): Uint8Array {
  return (message.kind === 'ran' ? writeRan(message) : undefined) ?? worker.toCbor(message)
}

/** A coordinator's message to a worker as one binary frame; as `encodeClientMessage`. */
export function encodeCoordinatorMessage(message: CoordinatorMessage): Uint8Array {
  return (message.kind === 'run' ? writeRun(message) : undefined) ?? coordinator.toCbor(message)
}

/**
 * A binary frame in parts that belong together, in order: where the message holds a large block, that block's own bytes are one of them, and were not
 * copied. For a transport that writes several pieces as one; the bytes must not change until it has.
 */
export type FrameParts = readonly Uint8Array[]

/** A client's message as `encodeClientMessage` gives it, or in parts where that spares a copy. */
export function encodeClientParts(message: ClientMessage): Uint8Array | FrameParts {
  if (message.kind !== 'submit' && message.kind !== 'items') return client.toCbor(message)
  return isLarge(message.items) ? client.toCborParts(message) : (encodeClientMessage(message, 'cbor') as Uint8Array)
}

/** A coordinator's message to a client, or its parts; as `encodeClientParts`. */
export function encodeServerParts(message: ServerMessage): Uint8Array | FrameParts {
  if (message.kind === 'results' && isLarge(message.values)) return server.toCborParts(message)
  return encodeServerMessage(message, 'cbor') as Uint8Array
}

/** A coordinator's message to a worker, or its parts; as `encodeClientParts`. */
export function encodeCoordinatorParts(message: CoordinatorMessage): Uint8Array | FrameParts {
  return message.kind === 'run' && isLarge(message.items) ? coordinator.toCborParts(message) : encodeCoordinatorMessage(message)
}

function isLarge(block: ItemBlock | undefined): boolean {
  return block !== undefined && block.bytes.length >= LENT_BYTES_MIN
}

/**
 * The message in a client's frame, checked field by field. Unknown fields are ignored. Item blocks are views of a binary frame: they are
 * good as long as its bytes do not change. Throws `BAD_MESSAGE` naming the field and what was expected, and never another error.
 *
 * @param jsonDepthMax brackets within brackets that a text frame may have; at most, and by default, 1,024.
 */
export function decodeClientMessage(frame: Uint8Array | string, dialect: Dialect, jsonDepthMax?: number): ClientMessage {
  if (dialect === 'json') return withoutEmptyItems(client.fromJson(frame, jsonDepthMax))
  const bytes = binary(frame)
  return readSubmit(bytes) ?? withoutEmptyItems(client.fromCbor(bytes))
}

/** The message in a coordinator's frame to a client; as `decodeClientMessage`. */
export function decodeServerMessage(frame: Uint8Array | string, dialect: Dialect): ServerMessage {
  if (dialect === 'json') return server.fromJson(frame)
  const bytes = binary(frame)
  return readResults(bytes) ?? server.fromCbor(bytes)
}

/** The message in a worker's frame; as `decodeClientMessage`. */
export function decodeWorkerMessage(frame: Uint8Array): WorkerMessage {
  return readRan(frame) ?? worker.fromCbor(frame)
}

/** The message in a coordinator's frame to a worker; as `decodeClientMessage`. */
export function decodeCoordinatorMessage(frame: Uint8Array): CoordinatorMessage {
  return readRun(frame) ?? coordinator.fromCbor(frame)
}

function binary(frame: Uint8Array | string): Uint8Array {
  if (typeof frame !== 'string') return frame
  throw new ForkpoolError('BAD_MESSAGE', 'message: expected a binary frame in the cbor dialect, got a text frame')
}

/** A batch that begins with no items may say so by an empty list; who reads messages need not know both forms. */
function withoutEmptyItems(message: ClientMessage): ClientMessage {
  if (message.kind !== 'submit' || message.items === undefined || message.items.count > 0) return message
  const { items: _, ...rest } = message
  return rest
}
