import type { ErrorView } from '@forkpool/pool-core/protocol'

/** An answer of our own server that is not the one asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** 0 where there was no answer at all. */
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
  }
}

/** The parsed answer of the dashboard's server to `path`. @throws ApiError, or the signal's reason when it is aborted. */
export async function callApi<View>(path: string, init: RequestInit = {}): Promise<View> {
  let response: Response
  try {
    response = await fetch(`/api${path}`, { ...init, cache: 'no-store' })
  } catch (error) {
    init.signal?.throwIfAborted()
    throw new ApiError(0, 'DASHBOARD_UNREACHABLE', 'The dashboard’s server does not answer.', { cause: error })
  }
  const body: unknown = await response.json().catch(() => null)
  init.signal?.throwIfAborted()
  if (response.ok && body !== null) return body as View
  const { error } = (body ?? {}) as Partial<ErrorView>
  throw new ApiError(response.status, error?.code ?? 'BAD_MESSAGE', error?.message ?? `The server answered with status ${response.status}.`)
}
