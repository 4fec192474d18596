import type { SeededRandom } from '@forkpool/pool-core/testing'
import { oddName, oddNumber, oddValue } from './odd-values.ts'

/** A message before it is written: right, or wrong in some field. */
export type LooseMessage = Record<string, unknown>

const TASKS: readonly [string, ...string[]] = ['square', 'square', 'square', 'fail', 'wordCountFile', 'none']

const FIELDS: readonly [string, ...string[]] = [
  'kind',
  'batch',
  'task',
  'pool',
  'poolSize',
  'spread',
  'total',
  'priority',
  'chunkSize',
  'retries',
  'backoffMs',
  'failFast',
  'resultWindowBytes',
  'items',
  'end',
  'bytes',
  'versions',
  'token',
  'client',
]

/** What a client of one connection says: in order, out of order, or nonsense. It keeps count of its batches as a real one does. */
export class ClientScript {
  readonly #random: SeededRandom
  #batch = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** The next message; mostly such that the connection outlives it. */
  next(): LooseMessage {
    const random = this.#random
    const message = this.#plausible()
    if (random.chance(0.3)) this.#addHarmless(message)
    if (random.chance(0.03)) this.#spoil(message)
    return message
  }

  /** A message that a client could have meant. */
  #plausible(): LooseMessage {
    const random = this.#random
    const known = random.integer(1, Math.max(1, this.#batch))
    switch (random.integer(0, 11)) {
      case 0:
        return { kind: random.pick(['cancel', 'leave']), batch: known }
      case 1:
        return { kind: 'credit', batch: known, bytes: random.pick([1, 1_000, Number.MAX_SAFE_INTEGER]) }
      case 2:
        // Right only as long as the batch is open.
        return random.chance(0.1)
          ? { kind: 'items', batch: known, items: [1, 2, 3], end: random.chance(0.5) }
          : { kind: 'cancel', batch: known }
      case 3:
        return random.chance(0.05) ? { kind: 'end', batch: known } : { kind: 'credit', batch: known, bytes: 1 }
      case 4:
        return this.#submit(random.chance(0.2) ? oddName(random) : random.pick(['__proto__', 'constructor', '../x', '*']))
      default:
        return this.#submit(random.pick(TASKS))
    }
  }

  #submit(task: string): LooseMessage {
    const random = this.#random
    const message: LooseMessage = {
      kind: 'submit',
      batch: (this.#batch += random.integer(1, 3)),
      task,
      items: this.#items(),
      end: random.chance(0.9),
    }
    if (random.chance(0.2)) message['pool'] = random.chance(0.1) ? oddName(random) : random.pick(['a', 'b', '*', '"', 'x y'])
    if (random.chance(0.2)) message['poolSize'] = this.#number(1, 2)
    if (random.chance(0.1)) message['priority'] = this.#number(-10, 10)
    if (random.chance(0.1)) message['spread'] = true
    if (random.chance(0.1)) message['total'] = this.#number(0, 1_000_000)
    if (random.chance(0.1)) message['chunkSize'] = this.#number(1, 1_000)
    if (random.chance(0.1)) message['resultWindowBytes'] = this.#number(1, 100)
    return message
  }

  /** A number in the range that its field has, or hardly ever not. */
  #number(least: number, most: number): number {
    return this.#random.chance(0.1) ? oddNumber(this.#random) : this.#random.integer(least, most)
  }

  #items(): readonly unknown[] {
    const random = this.#random
    return Array.from({ length: random.integer(0, 5) }, () => (random.chance(0.7) ? random.integer(-5, 5) : oddValue(random)))
  }

  /** Fields that nobody knows must not matter, whatever is in them. */
  #addHarmless(message: LooseMessage): void {
    Object.defineProperty(message, oddName(this.#random), { value: oddValue(this.#random), enumerable: true, configurable: true })
  }

  /** A wrong type, a number out of range, a missing field, a message at the wrong time. */
  #spoil(message: LooseMessage): void {
    const random = this.#random
    switch (random.integer(0, 4)) {
      case 0:
        delete message[random.pick(FIELDS)]
        break
      case 1:
        Object.assign(message, { kind: 'hello', versions: [1] })
        break
      case 2:
        message['batch'] = random.pick([0, 1, this.#batch + 1_000, -1, 1.5])
        break
      default:
        message[random.pick(FIELDS)] = oddValue(random)
    }
  }
}
