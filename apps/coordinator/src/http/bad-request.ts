import type { Duplex } from 'node:stream'
import type { RefusalReason } from '../refusal-reason.ts'

/** What Node says of a request that is none, or not in time. */
const ANSWERS: Readonly<Record<string, readonly [status: string, reason: RefusalReason]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headerBytesMax'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'requestTimeoutMs'],
}

/**
 * Answers what never became a request, and closes. Nothing of it is repeated: it may hold a token. Returns the reason for the metrics; a
 * connection that was simply cut off counts as a bad request too.
 */
export function answerBadRequest(error: NodeJS.ErrnoException, socket: Duplex): RefusalReason {
  const [status, reason] = ANSWERS[error.code ?? ''] ?? (['400 Bad Request', 'bad_request'] as const)
  if (socket.writable && error.code !== 'ECONNRESET') {
    socket.once('finish', () => socket.destroy())
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
  } else socket.destroy()
  return reason
}
