import { createHash } from 'node:crypto'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { ROLES } from './role.ts'
import type { Principal, Role } from './role.ts'

/** A token as the coordinator keeps it: never the token itself, only what it can be recognised by. */
export interface TokenEntry extends Principal {
  /** SHA-256 of the token. */
  readonly hash: Buffer
}

/** Names stand in logs and lists, so they are short and plain. */
const NAME = /^[\w.@-]{1,64}$/

/** Hundred times more than others, or less, is as far as a share goes. */
const WEIGHT = /^weight=(\d{1,3}(?:\.\d{1,2})?)$/
const WEIGHT_MIN = 0.01
const WEIGHT_MAX = 100

const HASH = /^sha256:([0-9a-f]{64})$/

/**
 * What a token is recognised by. A plain SHA-256 and not scrypt: the tokens that `forkpool token create` makes have 256 bits of chance in
 * them, so there is no dictionary to try and nothing for a slow hash to slow down; and a hash that costs 100 ms for each request that
 * shows a wrong token would be a gift to whoever wants the coordinator busy.
 */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The entry of a token whose text is known. */
export function entryOf(token: string, { name, role, weight }: Principal): TokenEntry {
  return { name, role, ...(weight !== undefined && { weight }), hash: hashToken(token) }
}

/** The line of a token file: `submit nightly-build sha256:…`, and `weight=2` behind it where the token has one. */
export function formatTokenEntry({ role, name, hash, weight }: TokenEntry): string {
  return `${role} ${name} sha256:${hash.toString('hex')}${weight === undefined ? '' : ` weight=${weight}`}`
}

/**
 * Reads such a line. `source` says where it stands, for errors; the errors never repeat what stands in the place of the hash, since it may be
 * a token.
 */
export function parseTokenEntry(line: string, source: string): TokenEntry {
  const [role = '', name = '', hash = '', weight, ...rest] = line.trim().split(/\s+/)
  if (rest.length > 0 || hash === '') throw bad(source, 'a role, a name and a hash, such as: submit nightly sha256:…')
  if (!ROLES.includes(role as Role)) throw bad(source, `a role first (one of ${ROLES.join(', ')})`)
  if (!NAME.test(name)) throw bad(source, 'a name of at most 64 letters, digits and . _ @ - in the second place')
  const hex = HASH.exec(hash)?.[1]
  if (hex === undefined)
    throw bad(source, 'sha256: and 64 hexadecimal digits in the third place (forkpool token create prints such a line)')
  return { role: role as Role, name, hash: Buffer.from(hex, 'hex'), ...(weight !== undefined && { weight: readWeight(weight, source) }) }
}

function readWeight(word: string, source: string): number {
  const weight = Number(WEIGHT.exec(word)?.[1])
  if (weight >= WEIGHT_MIN && weight <= WEIGHT_MAX) return weight
  throw bad(source, `a role, a name and a hash, and behind it nothing but a weight from ${WEIGHT_MIN} to ${WEIGHT_MAX}, such as weight=2`)
}

/** Throws where two entries have one name or one hash: then a log could not tell who it was. */
export function checkTokenEntries(entries: readonly TokenEntry[]): void {
  const seen = new Set<string>()
  for (const { name, hash } of entries) {
    for (const mark of [`name ${name}`, hash.toString('hex')]) {
      if (seen.has(mark)) throw new ForkpoolError('BAD_ARGUMENT', `tokens: "${name}" has the name or the token of another entry`)
      seen.add(mark)
    }
  }
}

function bad(source: string, expected: string): ForkpoolError {
  return new ForkpoolError('BAD_ARGUMENT', `${source}: expected ${expected}`)
}
