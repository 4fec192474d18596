import type { ErrorCode } from '@forkpool/pool-core/base'
import { ERRORS, ForkpoolError } from '@forkpool/pool-core/base'

/** What an HTTP answer in place of the upgrade means. Anything else is no coordinator. */
const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'PROTOCOL_VERSION',
  401: 'UNAUTHORISED',
  403: 'NOT_ALLOWED',
  421: 'NOT_ALLOWED',
  426: 'PROTOCOL_VERSION',
  429: 'LIMIT_EXCEEDED',
  503: 'DRAINING',
}

/** The error for a socket that could not be opened. */
export function openingError(url: URL, error: Error): ForkpoolError {
  const { code } = error as { code?: unknown }
  if (/subprotocol/.test(error.message)) {
    return new ForkpoolError('PROTOCOL_VERSION', `what answers at ${url.host} does not speak Forkpool's protocol`, { cause: error })
  }
  const why = typeof code === 'string' ? code : error.message
  return new ForkpoolError('COORDINATOR_UNREACHABLE', `no coordinator answers at ${url.origin}${url.pathname}: ${why}`, { cause: error })
}

/** The error for an upgrade that was answered with an HTTP status: `body` says why, as an `ErrorView` or as plain text. */
export function refusedUpgrade(url: URL, status: number, body: string): ForkpoolError {
  const said = parseErrorView(body)
  if (said !== undefined) return new ForkpoolError(said.code, said.message)
  const code = STATUS_CODES[status]
  if (code === undefined) {
    return new ForkpoolError('COORDINATOR_UNREACHABLE', `no coordinator answers at ${url.origin}${url.pathname}: HTTP status ${status}`)
  }
  const line = /^[^<\r\n]{1,200}/.exec(body)?.[0] ?? `HTTP status ${status}`
  return new ForkpoolError(code, `${ERRORS[code].text} (${url.host}: ${line})`)
}

function parseErrorView(body: string): { readonly code: ErrorCode; readonly message: string } | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } }
    if (typeof error?.code !== 'string' || typeof error.message !== 'string' || !Object.hasOwn(ERRORS, error.code)) return undefined
    return { code: error.code as ErrorCode, message: error.message }
  } catch {
    return undefined
  }
}
