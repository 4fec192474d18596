import { ForkpoolError } from '../base/errors.ts'
import type { ClientMessage, ServerMessage } from './client-messages.ts'
import type { Dialect } from './dialect.ts'
import { readResults, readSubmit, writeResults, writeSubmit } from './hot-frames/client-frames.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './schema/client-schema.ts'
import { MessageCodec } from './schema/message-codec.ts'
import { isLarge } from './worker-frame.ts'
import type { FrameParts } from './worker-frame.ts'

const client = new MessageCodec<ClientMessage>(CLIENT_MESSAGES)
const server = new MessageCodec<ServerMessage>(SERVER_MESSAGES)

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
