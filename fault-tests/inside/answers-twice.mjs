// Loaded into each worker before its own program: after SIGUSR2 the next answer goes out three times, at once, soon and late. Not in the product.
import { Socket } from 'node:net'

const SOON_MS = 5
const LATE_MS = 400
/** A frame that is whole and binary (RFC 6455 §5.2). */
const WHOLE_BINARY = 0x82

if (process.env.NODE_UNIQUE_ID !== undefined) {
  let armed = false
  process.on('SIGUSR2', () => (armed = true))
  const write = Reflect.get(Socket.prototype, 'write')
  Socket.prototype.write = function writeAgain(chunk, ...rest) {
    const result = write.call(this, chunk, ...rest)
    if (armed && isWholeFrame(chunk)) {
      armed = false
      const copy = Buffer.from(chunk)
      for (const afterMs of [SOON_MS, LATE_MS])
        setTimeout(() => {
          if (this.writable) write.call(this, copy)
        }, afterMs).unref()
    }
    return result
  }
}

/** Frames of up to 64 KiB are written in one piece, with their masks. */
function isWholeFrame(chunk) {
  if (!(chunk instanceof Uint8Array) || chunk.length < 6 || chunk[0] !== WHOLE_BINARY) return false
  const short = chunk[1] & 0x7f
  if (short < 126) return chunk.length === 6 + short
  return short === 126 && chunk.length === 8 + ((chunk[2] << 8) | chunk[3])
}
