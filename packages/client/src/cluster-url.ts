import { ForkpoolError } from '@forkpool/pool-core/base'

export const DEFAULT_URL = 'ws://127.0.0.1:7070'

const SCHEMES: Readonly<Record<string, string>> = { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' }

/**
 * The address of a coordinator's WebSocket: `http:` and `https:` stand for `ws:` and `wss:`.
 * @throws ForkpoolError BAD_ARGUMENT for any other address, and for one that holds a user or password: addresses end up in logs.
 */
export function clusterUrl(address: string | URL): URL {
  const text = String(address)
  if (!URL.canParse(text)) throw bad(`the coordinator's address must be like ${DEFAULT_URL}, not ${JSON.stringify(text)}`)
  const url = new URL(text)
  const scheme = SCHEMES[url.protocol]
  if (scheme === undefined) throw bad(`the coordinator's address must begin with ws://, wss://, http:// or https://, not ${url.protocol}`)
  if (url.username !== '' || url.password !== '')
    throw bad("the coordinator's address must not hold a user or password: use the option token")
  url.protocol = scheme
  url.hash = ''
  return url
}

function bad(message: string): ForkpoolError {
  return new ForkpoolError('BAD_ARGUMENT', message)
}
