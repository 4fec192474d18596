import type { SeededRandom } from '@forkpool/pool-core/testing'
import type { LooseMessage } from './client-script.ts'

/** The message as JSON, mostly as it is, sometimes polluted, cut, deepened or with a byte turned. */
export function jsonFrame(random: SeededRandom, message: LooseMessage): Buffer {
  // JSON has no word for what is not a number; a sender that writes its own does.
  const text = JSON.stringify(message).replaceAll('null', () => random.pick(['null', 'null', '1e999', '-0']))
  if (random.chance(0.12)) return Buffer.from(polluted(random, text))
  if (random.chance(0.02)) return broken(random, Buffer.from(text))
  return Buffer.from(text)
}

function polluted(random: SeededRandom, text: string): string {
  const poison = random.pick([
    '"__proto__":{"polluted":1}',
    '"constructor":{"prototype":{"polluted":1}}',
    '"\\u005f_proto__":{"polluted":1}',
    '"__proto__":null',
  ])
  // As a field, within the items, or in the place of a typed value.
  switch (random.integer(0, 2)) {
    case 0:
      return text.replace('{', `{${poison},`)
    case 1:
      return text.replace('"items":[', `"items":[{${poison}},`)
    default:
      return text.replace(
        '"items":[',
        `"items":[{"$type":"object","value":{${poison}}},{"$type":"map","value":[["__proto__",{${poison}}]]},`,
      )
  }
}

function broken(random: SeededRandom, bytes: Buffer): Buffer {
  switch (random.integer(0, 5)) {
    case 0:
      return bytes.subarray(0, random.integer(0, bytes.length - 1))
    case 1:
      bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
      return bytes
    case 2:
      return Buffer.concat([bytes, Buffer.from(random.pick(['x', '{}', '\u0000', ' '.repeat(1_000), '}']))])
    case 3:
      return Buffer.from(random.pick(['[', '{"a":', '"', '[[[[', '{"kind":"submit","items":[']).repeat(random.integer(1, 5_000)))
    case 4:
      return Buffer.from(`{"kind":"submit","batch":1,"task":"square","items":[${'1,'.repeat(random.integer(1, 20_000))}1],"end":true}`)
    default:
      return Buffer.from([0xef, 0xbb, 0xbf, ...bytes])
  }
}
