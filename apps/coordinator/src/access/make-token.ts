import { randomBytes } from 'node:crypto'

/** Twice what cannot be guessed: a hash of it may be seen by anybody. */
const TOKEN_BYTES = 32

/** A new token. It says what it is for, so that scanners for lost secrets find it. */
export function makeToken(): string {
  return `forkpool_${randomBytes(TOKEN_BYTES).toString('base64url')}`
}
