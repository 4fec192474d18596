import { ForkpoolError, ERRORS } from '@forkpool/pool-core/base'
import type { ErrorCode } from '@forkpool/pool-core/base'
import type { ErrorView } from '@forkpool/pool-core/protocol'

/** Requests to a coordinator's HTTP API. */
export class ApiClient {
  readonly #base: string
  readonly #token: string | undefined

  /** @param url `ws`, `wss`, `http` or `https`. @throws ForkpoolError BAD_ARGUMENT. */
  constructor(url: string, token: string | undefined) {
    this.#token = token
    let parsed: URL
    try {
      parsed = new URL(url)
    } catch {
      throw new ForkpoolError('BAD_ARGUMENT', `--url: expected an address such as ws://127.0.0.1:7070, got "${url}"`)
    }
    const scheme = { 'ws:': 'http:', 'wss:': 'https:', 'http:': 'http:', 'https:': 'https:' }[parsed.protocol]
    if (scheme === undefined) throw new ForkpoolError('BAD_ARGUMENT', `--url: expected ws, wss, http or https, got "${url}"`)
    this.#base = `${scheme}//${parsed.host}`
  }

  /** @throws ForkpoolError COORDINATOR_UNREACHABLE, or the code that the coordinator gave. */
  async get<View>(path: string): Promise<View> {
    return (await this.#ask('GET', path)) as View
  }

  async post<View>(path: string): Promise<View> {
    return (await this.#ask('POST', path)) as View
  }

  /** The body of a GET as it comes, until it ends or `signal` is aborted. Errors as of `get`; COORDINATOR_UNREACHABLE also where it breaks. */
  async *follow(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#send('GET', path, signal)
    if (!response.ok || response.body === null) throw this.#refusal(response, await response.json().catch(() => undefined))
    try {
      yield* response.body.pipeThrough(new TextDecoderStream())
    } catch (cause) {
      throw new ForkpoolError('COORDINATOR_UNREACHABLE', `the connection to ${this.#base} broke`, { cause })
    }
  }

  async #ask(method: string, path: string): Promise<unknown> {
    const response = await this.#send(method, path)
    const body: unknown = await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return body
    throw this.#refusal(response, body)
  }

  async #send(method: string, path: string, signal?: AbortSignal): Promise<Response> {
    try {
      const headers = this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }
      return await fetch(this.#base + path, { method, headers, ...(signal !== undefined && { signal }) })
    } catch (cause) {
      throw new ForkpoolError('COORDINATOR_UNREACHABLE', `no coordinator answers at ${this.#base}; start one with: npx forkpool serve`, {
        cause,
      })
    }
  }

  #refusal(response: Response, body: unknown): ForkpoolError {
    const error = (body as Partial<ErrorView> | undefined)?.error
    if (error === undefined)
      return new ForkpoolError('COORDINATOR_UNREACHABLE', `${this.#base} answers, but not as a coordinator does (HTTP ${response.status})`)
    return new ForkpoolError(error.code in ERRORS ? (error.code as ErrorCode) : 'BAD_ARGUMENT', error.message)
  }
}
