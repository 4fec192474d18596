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
    if (!response.ok || response.body === null) throw await this.#refusal(response)
    try {
      yield* response.body.pipeThrough(new TextDecoderStream())
    } catch (cause) {
      throw new ForkpoolError('COORDINATOR_UNREACHABLE', `the connection to ${this.#base} broke`, { cause })
    }
  }

  /** The lines of an answer as they come. Errors as those of `get`; while they are read, CONNECTION_LOST. */
  async lines(path: string, signal: AbortSignal): Promise<AsyncGenerator<string, undefined, undefined>> {
    const response = await this.#send('GET', path, signal)
    if (!response.ok || response.body === null) throw await this.#refusal(response)
    return linesOf(response.body)
  }

  async #ask(method: string, path: string): Promise<unknown> {
    const response = await this.#send(method, path)
    if (!response.ok) throw await this.#refusal(response)
    const body: unknown = await response.json().catch(() => undefined)
    if (body === undefined) throw this.#stranger(response)
    return body
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

  async #refusal(response: Response): Promise<ForkpoolError> {
    const body: unknown = await response.json().catch(() => undefined)
    const error = (body as Partial<ErrorView> | undefined)?.error
    if (error === undefined) return this.#stranger(response)
    return new ForkpoolError(error.code in ERRORS ? (error.code as ErrorCode) : 'BAD_ARGUMENT', error.message)
  }

  #stranger({ status }: Response): ForkpoolError {
    return new ForkpoolError('COORDINATOR_UNREACHABLE', `${this.#base} answers, but not as a coordinator does (HTTP ${status})`)
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined, undefined> {
  let rest = ''
  let count = 0
  try {
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      count += lines.length
      yield* lines
    }
  } catch (cause) {
    throw new ForkpoolError('CONNECTION_LOST', `the coordinator cut the answer off after ${count} lines`, { cause })
  }
  return undefined
}
