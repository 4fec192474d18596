import type { ErrorView } from '@forkpool/pool-core/protocol'
import type { DashboardSettings } from './settings.ts'
import { shownAddress } from './settings.ts'

/** Why the coordinator gave no usable answer. `unreachable`: nobody answered; `refused`: it answered with a status of 400 or more. */
export type CoordinatorFailure = 'unreachable' | 'refused'

export class CoordinatorError extends Error {
  override readonly name = 'CoordinatorError'
  readonly failure: CoordinatorFailure
  /** HTTP status of a refusal; 502 where nobody answered. */
  readonly status: number
  readonly code: string

  constructor(failure: CoordinatorFailure, status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
    this.status = status
    this.code = code
  }
}

/** The longest an answer may take before the coordinator counts as unreachable. The live feed sets its own limit. */
const ANSWER_TIMEOUT_MS = 5_000

/**
 * The coordinator's HTTP API, as the dashboard's server calls it. The token is added here and goes nowhere else.
 */
export class CoordinatorApi {
  readonly #settings: Pick<DashboardSettings, 'coordinator' | 'token'>

  constructor(settings: Pick<DashboardSettings, 'coordinator' | 'token'>) {
    this.#settings = settings
  }

  /** The address as people may see it. */
  get address(): string {
    return shownAddress(this.#settings.coordinator)
  }

  /** The parsed answer of a GET. @throws CoordinatorError */
  async get<View>(path: string): Promise<View> {
    const response = await this.request(path, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    try {
      return (await response.json()) as View
    } catch (error) {
      throw new CoordinatorError('refused', 502, 'BAD_MESSAGE', `The answer to ${path} is not JSON.`, { cause: error })
    }
  }

  /**
   * Sends a request to `/api/v1` + `path` and returns the answer if its status is below 400; the caller reads or cancels the body.
   * @throws CoordinatorError
   */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const base = this.#settings.coordinator
    const headers = new Headers(init.headers)
    const token = this.#token()
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    let response: Response
    try {
      response = await fetch(`${shownAddress(base)}/api/v1${path}`, {
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        ...init,
        headers,
        cache: 'no-store',
        // A redirect would carry the token to an address that nobody configured.
        redirect: 'error',
      })
    } catch (error) {
      throw new CoordinatorError('unreachable', 502, 'COORDINATOR_UNREACHABLE', reasonOf(error), { cause: error })
    }
    if (response.status < 400) return response
    const view = (await response.json().catch(() => null)) as Partial<ErrorView> | null
    throw new CoordinatorError(
      'refused',
      response.status,
      view?.error?.code ?? 'BAD_MESSAGE',
      view?.error?.message ?? `The coordinator answered with status ${response.status}.`,
    )
  }

  #token(): string | null {
    try {
      return this.#settings.token()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new CoordinatorError('refused', 401, 'UNAUTHORISED', `FORKPOOL_TOKEN_FILE cannot be read (${code ?? 'no reason given'})`, {
        cause: error,
      })
    }
  }
}

/** One readable line for a failed fetch: its own message is only "fetch failed", the reason is the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const cause = error.cause
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(new Error('', { cause: cause.errors[0] }))
  if (cause instanceof Error) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ECONNREFUSED') return 'connection refused'
    if (code === 'ENOTFOUND') return 'host name not found'
    if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'connection lost'
    return cause.message
  }
  return error.message
}
