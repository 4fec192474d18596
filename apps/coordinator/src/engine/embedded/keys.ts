import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ItemCodec } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'

/**
 * Keys sort as bytes, and say all but the bytes of a block, so that recovery reads keys alone:
 *
 *     01                                   the store's version
 *     10 id 00 'a' index₆ attempt₂         a failed attempt
 *     10 id 00 'b'                         the batch, as it was opened
 *     10 id 00 'c'                         its input has ended
 *     10 id 00 'e'                         how it ended
 *     10 id 00 'f' from₆                   failures of a range
 *     10 id 00 'i' block header            items
 *     10 id 00 'r' block header            results
 *     20 id                                the batch is open
 *     30 endedAt₆ id                       the batch has ended: the queue of retention
 *     40 idempotency key                   the batch that was opened with it
 *
 * All of a batch stands together, so that one commit of a small batch touches few pages, and `forget` is one range.
 */
const META = 0x01
const BATCH = 0x10
const OPEN = 0x20
const ENDED = 0x30
const IDEMPOTENCY = 0x40

/** What a key of a batch is for. */
export const KIND = { attempt: 0x61, batch: 0x62, inputEnd: 0x63, end: 0x65, failures: 0x66, items: 0x69, results: 0x72 } as const

const CODECS: readonly ItemCodec[] = ['f64', 'cbor', 'json']

/** LMDB's own limit is 1978 bytes a key. */
const ID_BYTES_MAX = 128
const IDEMPOTENCY_BYTES_MAX = 512
const HEADER_BYTES = 23

/** What is said of a block beside its bytes. */
export interface BlockHeader {
  /** Index of its first task. */
  readonly from: number
  /** Tasks that it stands for. */
  readonly count: number
  /** Items in it: as many, without those that failed. */
  readonly items: number
  readonly codec: ItemCodec
  /** Stored bytes, offsets included. */
  readonly length: number
  readonly crc: number
}

/** Keys from `start` up to but without `end`. */
export interface KeyRange {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

export const VERSION_KEY: Uint8Array = Uint8Array.of(META)

/** @throws ForkpoolError BAD_ARGUMENT for an id that cannot stand in a key. */
export function checkId(id: BatchId): void {
  if (id === '' || Buffer.byteLength(id) > ID_BYTES_MAX || id.includes('\0'))
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `batch id: expected 1 to ${ID_BYTES_MAX} bytes without NUL, got ${JSON.stringify(id.slice(0, 200))}`,
    )
}

function ofBatch(id: BatchId, kind: number, tailBytes: number): Buffer {
  const idBytes = Buffer.byteLength(id)
  const key = Buffer.allocUnsafe(idBytes + 3 + tailBytes)
  key[0] = BATCH
  key.write(id, 1)
  key[idBytes + 1] = 0
  key[idBytes + 2] = kind
  return key
}

export function batchKey(id: BatchId): Uint8Array {
  return ofBatch(id, KIND.batch, 0)
}

export function inputEndKey(id: BatchId): Uint8Array {
  return ofBatch(id, KIND.inputEnd, 0)
}

export function endKey(id: BatchId): Uint8Array {
  return ofBatch(id, KIND.end, 0)
}

export function attemptKey(id: BatchId, index: number, attempt: number): Uint8Array {
  const key = ofBatch(id, KIND.attempt, 8)
  key.writeUIntBE(index, key.length - 8, 6)
  key.writeUInt16BE(attempt, key.length - 2)
  return key
}

export function failuresKey(id: BatchId, from: number): Uint8Array {
  return placeKey(id, KIND.failures, from)
}

export function blockKey(id: BatchId, kind: number, header: BlockHeader): Uint8Array {
  const key = ofBatch(id, kind, HEADER_BYTES)
  let at = key.length - HEADER_BYTES
  at = key.writeUIntBE(header.from, at, 6)
  at = key.writeUInt32BE(header.count, at)
  at = key.writeUInt32BE(header.items, at)
  at = key.writeUInt8(CODECS.indexOf(header.codec), at)
  at = key.writeUInt32BE(header.length, at)
  key.writeUInt32BE(header.crc, at)
  return key
}

/** What a key made by `blockKey` says. */
export function readHeader(key: Uint8Array): BlockHeader {
  const view = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  const at = view.length - HEADER_BYTES
  return {
    from: view.readUIntBE(at, 6),
    count: view.readUInt32BE(at + 6),
    items: view.readUInt32BE(at + 10),
    codec: CODECS[view.readUInt8(at + 14)] as ItemCodec,
    length: view.readUInt32BE(at + 15),
    crc: view.readUInt32BE(at + 19),
  }
}

/** All that is kept of a batch, but its mark in a queue. */
export function batchRange(id: BatchId): KeyRange {
  const start = ofBatch(id, 0, 0).subarray(0, -1)
  const end = Buffer.from(start)
  end[end.length - 1] = 1
  return { start, end }
}

/** Keys of one kind of a batch, from the index `from` on. */
export function kindRange(id: BatchId, kind: number, from = 0): KeyRange {
  return { start: placeKey(id, kind, from), end: ofBatch(id, kind + 1, 0) }
}

/** Keys of one kind of a batch, below the index `to`. */
export function kindRangeBelow(id: BatchId, kind: number, to: number): KeyRange {
  return { start: ofBatch(id, kind, 0), end: placeKey(id, kind, to) }
}

function placeKey(id: BatchId, kind: number, index: number): Buffer {
  const key = ofBatch(id, kind, 6)
  key.writeUIntBE(index, key.length - 6, 6)
  return key
}

export function openKey(id: BatchId): Uint8Array {
  return Buffer.concat([Buffer.of(OPEN), Buffer.from(id)])
}

export const OPEN_RANGE: KeyRange = { start: Uint8Array.of(OPEN), end: Uint8Array.of(OPEN + 1) }

export function readOpenKey(key: Uint8Array): BatchId {
  return Buffer.from(key).toString('utf8', 1) as BatchId
}

export function endedKey(at: number, id: BatchId): Uint8Array {
  const key = Buffer.allocUnsafe(7 + Buffer.byteLength(id))
  key[0] = ENDED
  key.writeUIntBE(at, 1, 6)
  key.write(id, 7)
  return key
}

export const ENDED_RANGE: KeyRange = { start: Uint8Array.of(ENDED), end: Uint8Array.of(ENDED + 1) }

export function readEndedKey(key: Uint8Array): { readonly at: number; readonly id: BatchId } {
  const view = Buffer.from(key)
  return { at: view.readUIntBE(1, 6), id: view.toString('utf8', 7) as BatchId }
}

/** @throws ForkpoolError BAD_ARGUMENT for a key that is empty or too long. */
export function idempotencyKeyKey(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  if (bytes.length === 0 || bytes.length > IDEMPOTENCY_BYTES_MAX)
    throw new ForkpoolError('BAD_ARGUMENT', `idempotency key: expected 1 to ${IDEMPOTENCY_BYTES_MAX} bytes, got ${bytes.length}`)
  return Buffer.concat([Buffer.of(IDEMPOTENCY), bytes])
}
