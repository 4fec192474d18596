import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { Principal } from './role.ts'
import { tokenChanges } from './token-changes.ts'
import type { TokenChanges } from './token-changes.ts'
import { entryOf, hashToken } from './token-entry.ts'
import type { TokenEntry } from './token-entry.ts'

/** Whether a listening address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIPv4(host) && host.startsWith('127.')
}

/** Why a request is refused: HTTP status, a word for metrics, a sentence for people. */
export interface Refusal {
  readonly status: 401 | 403 | 421
  readonly reason: 'token' | 'origin' | 'host'
  readonly message: string
}

export interface AccessRules {
  /** None: no token is asked for (loopback only). */
  readonly tokens: readonly TokenEntry[]
  /** The address that the server listens on. */
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/** Whoever asks where no token is needed: someone on this machine. */
const LOCAL: Principal = { name: 'local', role: 'admin' }

/** What the `Authorization` header says: who it is, or that it is missing, or why it counts for nothing. */
export type Authentication =
  | { readonly kind: 'known'; readonly principal: Principal }
  | { readonly kind: 'missing'; readonly refusal: Refusal }
  | { readonly kind: 'wrong'; readonly refusal: Refusal }

/**
 * Who may speak with the coordinator: checked for every upgrade and every request, before anything is read. The Host header guards
 * against DNS rebinding, the Origin header against pages of other sites (CVE-2026-27482 of Ray came from checking only some verbs).
 */
export class Access {
  #rules: AccessRules
  /** Those of the coordinator's own clients. */
  readonly #own: TokenEntry[] = []
  readonly #needsToken: boolean

  constructor(rules: AccessRules) {
    this.#rules = rules
    this.#needsToken = rules.tokens.length > 0
  }

  get needsToken(): boolean {
    return this.#needsToken
  }

  /** Lets `token` in as `principal` from now on: for the coordinator's own clients, with a token that is kept nowhere. */
  admit(token: string, principal: Principal): void {
    this.#own.push(entryOf(token, principal))
  }

  /**
   * Goes by other rules from now on. Without tokens in them, those of before stay: they may have been made for this run. Returns which tokens came, went or changed.
   * @throws ForkpoolError BAD_ARGUMENT where tokens were not needed and would be: who is connected has shown none.
   */
  renew({ tokens, ...sources }: Omit<AccessRules, 'host'>): TokenChanges {
    const before = this.#rules
    if (!this.#needsToken && tokens.length > 0)
      throw new ForkpoolError('BAD_ARGUMENT', 'tokens cannot be asked for while the coordinator runs without; restart it for that')
    this.#rules = { ...before, ...sources, tokens: tokens.length > 0 ? tokens : before.tokens }
    return tokenChanges(before.tokens, this.#rules.tokens)
  }

  /** Who somebody is by the rules of now that was let in by earlier ones; undefined: nobody any more. */
  current(principal: Principal): Principal | undefined {
    if (!this.#needsToken) return LOCAL
    return 'hash' in principal ? this.#entryOf((principal as TokenEntry).hash) : undefined
  }

  /**
   * Who shows this token; undefined: nobody that is known. Compared by hash in constant time and with every entry: neither length nor common
   * prefix, nor which entry it is, shows in the time it takes.
   */
  principalOf(token: string): Principal | undefined {
    if (!this.#needsToken) return LOCAL
    return this.#entryOf(hashToken(token))
  }

  #entryOf(hash: Buffer): TokenEntry | undefined {
    let found: TokenEntry | undefined
    for (const list of [this.#rules.tokens, this.#own]) for (const entry of list) if (timingSafeEqual(hash, entry.hash)) found = entry
    return found
  }

  /** Checks Host and Origin; undefined: it may pass. */
  checkSource(headers: IncomingHttpHeaders): Refusal | undefined {
    const host = headers.host
    if (host === undefined || !this.#knowsHost(host))
      return {
        status: 421,
        reason: 'host',
        message: `this coordinator does not answer for the host "${(host ?? '').slice(0, 100)}" (--allowed-hosts)`,
      }
    const { origin } = headers
    if (origin !== undefined && !this.#knowsOrigin(origin, host))
      return { status: 403, reason: 'origin', message: `pages of "${origin.slice(0, 100)}" may not connect (--allowed-origins)` }
    return undefined
  }

  /** Reads the `Authorization` header (RFC 6750). Where no token is needed, whatever it says is fine. */
  authenticate(headers: IncomingHttpHeaders): Authentication {
    if (!this.#needsToken) return { kind: 'known', principal: LOCAL }
    const { authorization } = headers
    if (authorization === undefined) return { kind: 'missing', refusal: refused('a token is needed: Authorization: Bearer TOKEN') }
    const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1]
    if (given === undefined) return { kind: 'wrong', refusal: refused('expected Authorization: Bearer TOKEN') }
    const principal = this.principalOf(given)
    return principal === undefined ? { kind: 'wrong', refusal: refused('the token is wrong') } : { kind: 'known', principal }
  }

  #knowsHost(header: string): boolean {
    const name = hostName(header)
    const { host, allowedHosts } = this.#rules
    return isLoopback(name) || name === host || allowedHosts.includes(name) || ((isIPv4(name) || isIPv6(name)) && !isLoopback(host))
  }

  #knowsOrigin(origin: string, host: string): boolean {
    if (this.#rules.allowedOrigins.includes(origin)) return true
    try {
      return new URL(origin).host === host
    } catch {
      return false
    }
  }
}

function refused(message: string): Refusal {
  return { status: 401, reason: 'token', message }
}

/** `[::1]:7070` → `::1`, `localhost:7070` → `localhost`. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header)?.[1]
  return (bracketed ?? header.replace(/:\d+$/, '')).toLowerCase()
}
