import type { Clock, Random } from '@forkpool/pool-core/base'
import { ForkpoolError, systemClock, systemRandom } from '@forkpool/pool-core/base'
import type { AnyTasks } from '@forkpool/pool-core/batch'
import { checkWhole } from '@forkpool/pool-core/batch'
import { Cluster } from './cluster.ts'
import type { ReconnectPolicy } from './connection.ts'
import { Connection } from './connection.ts'
import { clusterUrl, DEFAULT_URL } from './cluster-url.ts'
import type { TlsOptions, TransportKind } from './transport.ts'

export interface ConnectOptions {
  /** Proves who asks; needed unless the coordinator listens on loopback only. */
  readonly token?: string | undefined
  /** Whom to trust behind `wss:`. Node only: a browser decides for itself. Default: the certificates that Node trusts. */
  readonly tls?: TlsOptions | undefined
  /** Gives up connecting. Later it has no effect. */
  readonly signal?: AbortSignal | undefined
  /** How hard a lost connection is tried for again. `false`: not at all. */
  readonly reconnect?: Partial<ReconnectPolicy> | false | undefined
  /** From the start of an attempt to the coordinator's `welcome`, milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

/** Name of this program in the coordinator's logs. */
const CLIENT = '@forkpool/client 0.1.0'

const CONNECT_TIMEOUT_MS = 10_000

/** About half a minute at most: a restart of a coordinator, also of a container, is over by then. */
const RECONNECT: ReconnectPolicy = { attempts: 10, minDelayMs: 100, maxDelayMs: 5000 }

const DELAY_MS_MAX = 3_600_000

export type Connect = <Tasks = AnyTasks>(url?: string | URL, options?: ConnectOptions) => Promise<Cluster<Tasks>>

/** Makes `connect` for one kind of transport: the doors `index.ts` and `browser.ts` differ in nothing else. */
export function connectThrough(transport: TransportKind): Connect {
  return async <Tasks = AnyTasks>(url: string | URL = DEFAULT_URL, options: ConnectOptions = {}) => {
    const { token, tls, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS, clock = systemClock, random = systemRandom } = options
    checkWhole('connectTimeoutMs', connectTimeoutMs, 1, DELAY_MS_MAX)
    checkToken(token)
    if (tls !== undefined && transport.takesTls !== true)
      throw new ForkpoolError('BAD_ARGUMENT', 'tls: a browser decides by itself which certificates it trusts')
    signal?.throwIfAborted()
    const connection = new Connection({
      transport,
      url: clusterUrl(url),
      token,
      tls,
      client: CLIENT,
      reconnect: resolveReconnect(options.reconnect),
      connectTimeoutMs,
      clock,
      random,
    })
    const stop = (): void => void connection.close(new ForkpoolError('POOL_CLOSED'))
    signal?.addEventListener('abort', stop)
    try {
      await connection.connect()
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    return new Cluster<Tasks>(connection, clock)
  }
}

/** A token that no header could carry would fail late, with the token in the message. */
function checkToken(token: string | undefined): void {
  if (token === undefined || (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token))) return
  throw new ForkpoolError('BAD_ARGUMENT', 'token must be a text of printable ASCII characters without spaces')
}

function resolveReconnect(given: Partial<ReconnectPolicy> | false | undefined): ReconnectPolicy | undefined {
  if (given === false) return undefined
  const { attempts = RECONNECT.attempts, minDelayMs = RECONNECT.minDelayMs, maxDelayMs = RECONNECT.maxDelayMs } = given ?? {}
  checkWhole('reconnect.attempts', attempts, 1, Number.MAX_SAFE_INTEGER)
  checkWhole('reconnect.minDelayMs', minDelayMs, 0, DELAY_MS_MAX)
  checkWhole('reconnect.maxDelayMs', maxDelayMs, minDelayMs, DELAY_MS_MAX)
  return { attempts, minDelayMs, maxDelayMs }
}
