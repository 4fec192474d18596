import type { SeededRandom } from '@forkpool/pool-core/testing'
import type { LooseMessage } from './client-script.ts'
import { oddNumber } from './odd-values.ts'

/** Heads that a reader must not believe: indefinite, reserved, or of lengths that nothing could fill. */
const HOSTILE_HEADS: readonly [readonly number[], ...(readonly number[])[]] = [
  [0x9f],
  [0xbf],
  [0x5f],
  [0x7f],
  [0xff],
  [0x1c],
  [0xfc],
  [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x5b, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00],
  [0x7a, 0xff, 0xff, 0xff, 0xff],
  [0x9a, 0x00, 0xff, 0xff, 0xff],
  [0xdb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xf8, 0x1f],
]

/** The message as CBOR, mostly as it is, with its items in blocks that may lie; sometimes cut or with bytes turned. */
export function cborFrame(random: SeededRandom, message: LooseMessage): Buffer {
  const parts = Object.entries(message).flatMap(([key, value]) => [
    text(key),
    key === 'items' && Array.isArray(value) ? block(random, value) : cbor(value, 0),
  ])
  const bytes = Buffer.concat([head(5, parts.length / 2), ...parts])
  return random.chance(0.02) ? broken(random, bytes) : bytes
}

function broken(random: SeededRandom, bytes: Buffer): Buffer {
  const at = random.integer(0, bytes.length - 1)
  switch (random.integer(0, 5)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      for (let i = random.integer(1, 4); i > 0; i--) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
      return bytes
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(HOSTILE_HEADS)), bytes.subarray(at)])
    case 3:
      return Buffer.concat([bytes, Buffer.from(random.pick(HOSTILE_HEADS))])
    case 4:
      // A map with one key, and arrays or tags within each other.
      return Buffer.concat([head(5, 1), text('x'), Buffer.alloc(random.integer(1, 50_000), random.pick([0x81, 0xc2, 0xd9]))])
    default:
      return Buffer.from(Array.from({ length: random.integer(0, 200) }, () => random.integer(0, 255)))
  }
}

/** An item block: mostly right; else its count, codec, offsets or bytes do not fit each other. */
function block(random: SeededRandom, items: readonly unknown[]): Buffer {
  const encoded = items.map((item) => (random.chance(0.05) ? deep(random) : cbor(item, 0)))
  const ends = encoded.reduce<number[]>((sums, item) => [...sums, (sums.at(-1) ?? 0) + item.length], [0])
  const offsets = Buffer.alloc(4 * ends.length)
  for (const [i, end] of ends.entries()) offsets.writeUInt32LE(end, i * 4)
  const fields: Record<string, Buffer> = {
    count: cbor(items.length, 0),
    codec: text('cbor'),
    offsets: Buffer.concat([head(6, 70), bytesOf(offsets)]),
    bytes: bytesOf(Buffer.concat(encoded)),
  }
  if (random.chance(0.02)) {
    switch (random.integer(0, 5)) {
      case 0:
        fields['count'] = cbor(oddNumber(random), 0)
        break
      case 1:
        fields['codec'] = text(random.pick(['f64', 'json', 'none', '__proto__']))
        break
      case 2:
        for (let i = 0; i < ends.length; i++) offsets.writeUInt32LE(random.integer(0, 0xffff_ffff), i * 4)
        break
      case 3:
        fields['bytes'] = bytesOf(Buffer.alloc(random.integer(0, 100)))
        break
      case 4:
        delete fields[random.pick(['count', 'codec', 'offsets', 'bytes'])]
        break
      default:
        fields['offsets'] = Buffer.concat([head(6, random.integer(0, 300)), bytesOf(offsets)])
    }
  }
  const entries = Object.entries(fields).flatMap(([key, value]) => [text(key), value])
  return Buffer.concat([head(5, entries.length / 2), ...entries])
}

/** What only a worker reads: too deep, polluted, or no CBOR at all. */
function deep(random: SeededRandom): Buffer {
  const poison = Buffer.concat([head(5, 1), text('__proto__'), head(5, 1), text('polluted'), cbor(1, 0)])
  return random.pick([
    Buffer.concat([Buffer.alloc(random.integer(200, 20_000), 0x81), cbor(1, 0)]),
    poison,
    Buffer.concat([head(6, 27), head(4, 2), text('Error'), poison]),
    Buffer.from(random.pick(HOSTILE_HEADS)),
    Buffer.concat([head(6, 2), bytesOf(Buffer.alloc(random.integer(0, 10_000), 0xff))]),
  ])
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument])
  const isLong = argument >= 2 ** 32
  const out = Buffer.alloc(isLong ? 9 : 5)
  out[0] = (major << 5) | (isLong ? 27 : 26)
  if (isLong) out.writeBigUInt64BE(BigInt(argument), 1)
  else out.writeUInt32BE(argument, 1)
  return out
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([head(3, bytes.length), bytes])
}

function bytesOf(value: Buffer): Buffer {
  return Buffer.concat([head(2, value.length), value])
}

/** Any value of JSON, however odd, as CBOR. */
function cbor(value: unknown, depth: number): Buffer {
  if (value === null || depth > 3_000) return Buffer.from([0xf6])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4])
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Object.is(value, -0) && Number.isSafeInteger(value))
      return value >= 0 ? head(0, value) : head(1, -1 - value)
    const out = Buffer.alloc(9, 0xfb)
    out.writeDoubleBE(value, 1)
    return out
  }
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map((element) => cbor(element, depth + 1))])
  const entries = Object.entries(value as object)
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, element]) => [text(key), cbor(element, depth + 1)])])
}
