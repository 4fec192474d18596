import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FixtureWorld } from './fixture-world.ts'

/**
 * A server that speaks the coordinator's HTTP API over real sockets and makes up a service at work. For tests and screenshots of the
 * dashboard only: states can be had at will that a real coordinator reaches rarely.
 */
export class CoordinatorFixture {
  readonly world: FixtureWorld
  readonly token: string | null
  /** Every request so far: method, path, and the token it brought. */
  readonly requests: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[] = []
  /** Readers of the live feed now. */
  liveReaders = 0
  #server: Server | null = null
  #port = 0

  constructor(options: { readonly token?: string; readonly world?: FixtureWorld } = {}) {
    this.world = options.world ?? new FixtureWorld()
    this.token = options.token ?? null
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`
  }

  /** Listens; the second time on the same port as the first. */
  async start(port: number = this.#port): Promise<this> {
    const server = createServer((request, response) => this.#serve(request, response))
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
    return this
  }

  /** Ends every connection, as a killed process does. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const method = request.method ?? 'GET'
    const { authorization } = request.headers
    this.requests.push({ method, path: url.pathname, authorization })
    if (this.token !== null && authorization !== `Bearer ${this.token}`) {
      return refuse(response, 401, 'UNAUTHORISED', 'The token is missing or wrong.')
    }
    const path = url.pathname.replace('/api/v1', '')
    const [, room = '', id, verb] = path.split('/')
    const { world } = this
    if (method === 'POST' && room === 'comparisons') return this.#readJson(request, response, (body) => world.startComparison(body))
    if (method === 'POST' && room === 'batches' && id !== undefined && verb === 'cancel') {
      return world.cancel(id) ? send(response, 202, {}) : refuse(response, 404, 'BATCH_UNKNOWN', 'No batch has this identifier.')
    }
    if (method !== 'GET') return refuse(response, 405, 'BAD_ARGUMENT', 'Unknown method.')
    switch (room) {
      case 'live':
        return this.#live(response)
      case 'status':
        return send(response, 200, world.snapshot().status)
      case 'pools':
        return send(response, 200, { pools: world.snapshot().pools })
      case 'workers':
        return send(response, 200, { workers: world.snapshot().workers })
      case 'samples':
        return send(response, 200, world.samples(Number(url.searchParams.get('seconds') ?? 300)))
      case 'tasks':
        return send(response, 200, { tasks: world.tasks })
      case 'comparisons': {
        const found = id === undefined ? { comparisons: world.comparisons() } : world.comparison(id)
        return found === null ? refuse(response, 404, 'BAD_ARGUMENT', 'No comparison has this identifier.') : send(response, 200, found)
      }
      case 'batches': {
        const found = id === undefined ? world.batches(url.searchParams) : world.batch(decodeURIComponent(id))
        return found === null ? refuse(response, 404, 'BATCH_UNKNOWN', 'No batch has this identifier.') : send(response, 200, found)
      }
      default:
        return refuse(response, 404, 'BAD_ARGUMENT', 'No such path.')
    }
  }

  #live(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const tell = (): void => {
      response.write(`event: snapshot\ndata: ${JSON.stringify(this.world.snapshot())}\n\n`)
    }
    tell()
    const timer = setInterval(tell, 1000)
    this.liveReaders++
    response.on('close', () => {
      clearInterval(timer)
      this.liveReaders--
    })
  }

  #readJson(request: IncomingMessage, response: ServerResponse, use: (body: unknown) => object): void {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      try {
        send(response, 202, use(JSON.parse(text)))
      } catch (error) {
        refuse(response, 400, 'BAD_ARGUMENT', error instanceof Error ? error.message : String(error))
      }
    })
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  send(response, status, { error: { code, message } })
}
