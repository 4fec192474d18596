import { X509Certificate } from 'node:crypto'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { Access } from './access/access.ts'
import type { CoordinatorConfig } from './config/read-config.ts'
import { changedSettings } from './config/reloadable.ts'
import { flagName } from './config/flag-name.ts'
import type { Gateway } from './gateway/gateway.ts'
import { readCertificate } from './http/certificate.ts'
import type { Certificate } from './http/certificate.ts'
import type { HttpService } from './http/http-service.ts'
import type { LiveFeed } from './http/live-feed.ts'
import type { Log } from './log.ts'

/** The rooms that take settings anew. */
export interface ReloadableRooms {
  readonly log: Log
  readonly access: Access
  readonly gateway: Gateway
  readonly feed: LiveFeed
  readonly http: HttpService
  certificate: Certificate | undefined
}

/**
 * Takes those settings of `next` that may change in a running coordinator, and says in the log what changed: all of them, or, where anything is bad, none.
 * Whoever showed a token that is gone is sent away at once, and another role counts from the next message and request on.
 * @throws ForkpoolError BAD_ARGUMENT; then everything is as it was.
 */
export function reloadSettings(rooms: ReloadableRooms, before: CoordinatorConfig, next: CoordinatorConfig): void {
  const { log, access, gateway, feed, http } = rooms
  const { now, atRestart } = changedSettings(before, next)
  const certificate = readCertificate(next.tlsCert, next.tlsKey)
  if ((certificate === undefined) !== (rooms.certificate === undefined))
    throw new ForkpoolError('BAD_ARGUMENT', 'TLS cannot be turned on or off while the coordinator runs; restart it for that')
  const isOther = certificate !== undefined && rooms.certificate?.cert.equals(certificate.cert) === false
  // First what may refuse.
  const tokens = access.renew({ tokens: next.credentials, allowedHosts: next.allowedHosts, allowedOrigins: next.allowedOrigins })
  if (certificate !== undefined) {
    http.renewCertificate(certificate)
    rooms.certificate = certificate
  }
  const isTokenless = tokens.added.length + tokens.removed.length + tokens.changed.length === 0
  // Pages ask for the feed again by themselves, with what they have.
  if (!isTokenless) feed.stop()
  const sentAway = isTokenless ? 0 : gateway.renewPrincipals()
  const told = {
    settings: now.map(flagName),
    ...(!isTokenless && { tokens, sentAway }),
    ...(isOther && { certificate: describe(certificate) }),
    logLevel: next.logLevel,
  }
  // Seen where either level shows it.
  const tell = (): void => log.info(told, 'settings taken anew')
  const isSeen = log.isLevelEnabled('info')
  if (isSeen) tell()
  log.level = next.logLevel
  if (!isSeen) tell()
  if (atRestart.length > 0) log.warn({ settings: atRestart.map(flagName) }, 'these settings changed and count only after a restart')
}

function describe({ cert }: Certificate): object {
  const { subject, validTo, fingerprint256 } = new X509Certificate(cert)
  return { subject, validTo, fingerprint256 }
}
