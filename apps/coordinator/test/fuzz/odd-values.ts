import type { SeededRandom } from '@forkpool/pool-core/testing'

/** Names that mean something to somebody: objects, file systems, brokers, metrics, terminals. */
const ODD_NAMES: readonly [string, ...string[]] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '../../etc/passwd',
  'node:child_process',
  '*',
  '>',
  'a.b.c',
  'x"} 1\nforkpool_tasks_total{pool="',
  '\u0000',
  '\ud800',
  '\u202e',
  '\u001b[2J',
  'ü'.repeat(200),
  'x'.repeat(200),
  'x'.repeat(201),
  'x'.repeat(5_000),
]

const ODD_NUMBERS: readonly [number, ...number[]] = [
  0,
  -0,
  -1,
  1.5,
  NaN,
  Infinity,
  -Infinity,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  1_048_577,
  255,
  65_536,
]

/** A name that somebody could choke on. */
export function oddName(random: SeededRandom): string {
  return random.pick(ODD_NAMES)
}

export function oddNumber(random: SeededRandom): number {
  return random.pick(ODD_NUMBERS)
}

/** A value of any type but the one expected. */
export function oddValue(random: SeededRandom, depth = 0): unknown {
  switch (random.integer(0, depth > 3 ? 5 : 8)) {
    case 0:
      return oddNumber(random)
    case 1:
      return oddName(random)
    case 2:
      return null
    case 3:
      return random.chance(0.5)
    case 4:
      return []
    case 5:
      return {}
    case 6:
      return Array.from({ length: random.integer(1, 4) }, () => oddValue(random, depth + 1))
    case 7:
      return nested(random.chance(0.03) ? random.integer(200, 2_000) : random.integer(2, 50))
    default: {
      const object: Record<string, unknown> = {}
      // Assigning would set the prototype of the object here, not a key of the message.
      Object.defineProperty(object, oddName(random), { value: oddValue(random, depth + 1), enumerable: true })
      return object
    }
  }
}

/** Arrays within arrays. */
function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}
