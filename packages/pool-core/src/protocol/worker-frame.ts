import { LENT_BYTES_MIN } from './cbor/cbor-writer.ts'
import { readRan, readRun, writeRan, writeRun } from './hot-frames/worker-frames.ts'
import type { ItemBlock } from './item-block.ts'
import { coordinatorMessages, workerMessages } from './schema/worker-codecs.ts'
import type { CoordinatorMessage, WorkerMessage } from './worker-messages.ts'

/** A worker's message as one binary frame; its bytes, and what it throws, as with `encodeClientMessage`. */
export function encodeWorkerMessage(message: WorkerMessage): Uint8Array {
  return (message.kind === 'ran' ? writeRan(message) : undefined) ?? workerMessages.toCbor(message)
}

/** A coordinator's message to a worker as one binary frame; as `encodeWorkerMessage`. */
export function encodeCoordinatorMessage(message: CoordinatorMessage): Uint8Array {
  return (message.kind === 'run' ? writeRun(message) : undefined) ?? coordinatorMessages.toCbor(message)
}

/**
 * A binary frame in parts that belong together, in order: where the message holds a large block, that block's own bytes are one of them, and were not
 * copied. For a transport that writes several pieces as one; the bytes must not change until it has.
 */
export type FrameParts = readonly Uint8Array[]

/** A coordinator's message to a worker, or its parts; as `encodeClientParts`. */
export function encodeCoordinatorParts(message: CoordinatorMessage): Uint8Array | FrameParts {
  return message.kind === 'run' && isLarge(message.items) ? coordinatorMessages.toCborParts(message) : encodeCoordinatorMessage(message)
}

/** Whether it spares a copy that counts to send this block as it is. */
export function isLarge(block: ItemBlock | undefined): boolean {
  return block !== undefined && block.bytes.length >= LENT_BYTES_MIN
}

/** The message in a worker's frame, checked field by field; its blocks, and what it throws, as with `decodeClientMessage`. */
export function decodeWorkerMessage(frame: Uint8Array): WorkerMessage {
  return readRan(frame) ?? workerMessages.fromCbor(frame)
}

/** The message in a coordinator's frame to a worker; as `decodeWorkerMessage`. */
export function decodeCoordinatorMessage(frame: Uint8Array): CoordinatorMessage {
  return readRun(frame) ?? coordinatorMessages.fromCbor(frame)
}
