import { BLOCK_ITEMS } from '@forkpool/pool-core/batch'
import { encodeItems } from '@forkpool/pool-core/protocol'

/**
 * SHA-256 over all results in order, as hexadecimal: equal results, equal digest, however they were cut into shards. It is the digest of
 * the digests of their encodings in blocks of 65,536, since the platform's SHA-256 takes its input in one piece.
 */
export async function digestResults(results: readonly unknown[]): Promise<string> {
  const digests: Uint8Array[] = []
  for (let at = 0; at < results.length; at += BLOCK_ITEMS) {
    const block = encodeItems(results, at, Math.min(at + BLOCK_ITEMS, results.length))
    const lengths = block.offsets === undefined ? new Uint8Array(0) : new Uint8Array(Uint32Array.from(block.offsets).buffer)
    const codec = new TextEncoder().encode(block.codec)
    digests.push(await sha256(join([codec, lengths, block.bytes])))
  }
  const digest = await sha256(join(digests))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
