/** Longer payloads gain nothing: their bytes are what costs. */
const PAYLOAD_BYTES_MAX = 4096

/** Frames are carved one after the other from a slab of this size: one allocation for hundreds of them. */
const SLAB_BYTES = 64 * 1024

/** A final frame of binary data: FIN and opcode 2. */
const BINARY = 0x82
const MASKED = 0x80
/** A length that needs two bytes more, and one that needs eight. */
const LENGTH_16 = 126
const LENGTH_64 = 127

let slab = new Uint8Array(0)
let at = 0

/**
 * A small binary message as a whole WebSocket frame (RFC 6455 §5.2), ready to be written to the socket at once; `undefined` for a long one.
 * WebSocket libraries write the head and the payload apart, with some objects for each: for a frame of a hundred bytes that takes as long as
 * all else about it. The bytes are never written again and may wait in a socket's queue.
 *
 * @param masked the frame of a client, with a mask of zeros: only between two programs of one machine (§10.3 wants an unpredictable one against
 * proxies on the way).
 */
export function smallWebSocketFrame(payload: Uint8Array, masked: boolean): Uint8Array | undefined {
  const { length } = payload
  if (length > PAYLOAD_BYTES_MAX) return undefined
  if (at + length + 8 > slab.length) {
    slab = new Uint8Array(SLAB_BYTES)
    at = 0
  }
  const start = at
  slab[at++] = BINARY
  if (length < LENGTH_16) {
    slab[at++] = masked ? MASKED | length : length
  } else {
    slab[at++] = masked ? MASKED | LENGTH_16 : LENGTH_16
    slab[at++] = length >>> 8
    slab[at++] = length & 0xff
  }
  // The slab is new where it has not been written: the mask is zero already.
  if (masked) at += 4
  slab.set(payload, at)
  at += length
  return slab.subarray(start, at)
}

/**
 * The head of a WebSocket frame (RFC 6455 §5.2) whose payload of `length` bytes is written behind it, in one piece or several: one final binary message.
 * @param masked as for `smallWebSocketFrame`.
 */
export function webSocketHead(length: number, masked: boolean): Uint8Array {
  const mark = masked ? MASKED : 0
  const extra = length < LENGTH_16 ? 0 : length < 0x1_0000 ? 2 : 8
  const head = new Uint8Array(2 + extra + (masked ? 4 : 0))
  head[0] = BINARY
  head[1] = mark | (extra === 0 ? length : extra === 2 ? LENGTH_16 : LENGTH_64)
  if (extra === 2) new DataView(head.buffer).setUint16(2, length)
  else if (extra === 8) new DataView(head.buffer).setBigUint64(2, BigInt(length))
  return head
}

/** The net socket under a WebSocket, which gathers what is written between `cork` and `uncork`. */
export interface CorkedStream {
  write(bytes: Uint8Array): unknown
  cork(): void
  uncork(): void
}

/** Writes a payload that is in parts as one message, in one write and without putting the parts together. `masked` as for `smallWebSocketFrame`. */
export function writeWebSocketParts(stream: CorkedStream, parts: readonly Uint8Array[], masked: boolean): void {
  let length = 0
  for (const part of parts) length += part.length
  stream.cork()
  stream.write(webSocketHead(length, masked))
  for (const part of parts) stream.write(part)
  stream.uncork()
}
