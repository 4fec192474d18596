/** Where a scenario connects. */
export interface Target {
  /** `ws://127.0.0.1:7070` */
  readonly url: string
  /** The coordinator's token; undefined where it asks for none. */
  readonly token: string | undefined
}

const DEFAULT_URL = 'ws://127.0.0.1:7070'

/** `ws://host:port/path`, with the host in brackets where it is an IPv6 address. No user name: a token never belongs into an address. */
const ADDRESS = /^wss?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?(?:\/[\w/.-]*)?$/i

/** Hosts that are this machine, whatever a name server says. */
const LOOPBACK = /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/i

/**
 * The target of the environment: `FORKPOOL_URL`, by default a coordinator on this machine, and `FORKPOOL_TOKEN`.
 * @throws Error when it is not an address, or not this machine's: load against another host is sent only after a person has said so
 * with `FORKPOOL_ALLOW_REMOTE=true`.
 */
export function readTarget(environment: Readonly<Record<string, string | undefined>>): Target {
  const url = environment['FORKPOOL_URL'] || DEFAULT_URL
  const host = ADDRESS.exec(url)?.[1]
  if (host === undefined) throw new Error(`FORKPOOL_URL: expected an address such as ${DEFAULT_URL}, got "${url}"`)
  if (!LOOPBACK.test(host) && environment['FORKPOOL_ALLOW_REMOTE'] !== 'true')
    throw new Error(
      `FORKPOOL_URL: ${host} is not this machine; a load test of another one needs FORKPOOL_ALLOW_REMOTE=true, and its owner's word`,
    )
  return { url, token: environment['FORKPOOL_TOKEN'] || undefined }
}
