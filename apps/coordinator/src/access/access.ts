import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

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
  /** Undefined: no token is asked for (loopback only). */
  readonly token: string | undefined
  /** The address that the server listens on. */
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/**
 * Who may speak with the coordinator: checked for every upgrade and every request, before anything is read. The Host header guards
 * against DNS rebinding, the Origin header against pages of other sites (CVE-2026-27482 of Ray came from checking only some verbs).
 */
export class Access {
  readonly #rules: AccessRules
  readonly #tokenHash: Buffer | undefined

  constructor(rules: AccessRules) {
    this.#rules = rules
    this.#tokenHash = rules.token === undefined ? undefined : hash(rules.token)
  }

  get needsToken(): boolean {
    return this.#tokenHash !== undefined
  }

  /** Compared by hash in constant time: neither length nor common prefix shows in the time it takes. */
  isToken(given: string): boolean {
    return this.#tokenHash === undefined || timingSafeEqual(hash(given), this.#tokenHash)
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

  /** Checks the `Authorization` header. `optional`: a missing one may pass, a wrong one never does. */
  checkToken(headers: IncomingHttpHeaders, optional = false): Refusal | undefined {
    if (this.#tokenHash === undefined) return undefined
    const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
    if (given === undefined && optional) return undefined
    if (given !== undefined && this.isToken(given)) return undefined
    return {
      status: 401,
      reason: 'token',
      message: given === undefined ? 'a token is needed: Authorization: Bearer TOKEN' : 'the token is wrong',
    }
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

/** `[::1]:7070` → `::1`, `localhost:7070` → `localhost`. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header)?.[1]
  return (bracketed ?? header.replace(/:\d+$/, '')).toLowerCase()
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
