import type { ServerResponse } from 'node:http'
import { resultLines } from '@forkpool/pool-core/protocol'
import type { RecordedRange } from '../engine/engine.ts'
import type { ResultsSource } from '../results-source.ts'
import { HttpError } from './http-error.ts'
import { wholeNumber } from './route.ts'
import type { Route, RouteCall } from './route.ts'

/** Lines are written in pieces of about so many characters: more would wait in memory for a slow reader, less would be many writes. */
const PIECE_CHARACTERS = 64 * 1024

/** A peer that is gone without a word is noticed by this, where nothing is written for a long time. */
const KEEP_ALIVE_MS = 60_000

const WORDS: Readonly<Record<string, boolean>> = { true: true, '': true, false: false }

/** Results of a batch as JSON lines, read from the record as the reader takes them. */
export function resultRoutes(source: ResultsSource): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/batches/{id}/results',
      operation: {
        summary: 'Results of a batch, a JSON line for each task that has one, by ascending index',
        description:
          "One's own batches, and with the role admin all. Of an open batch what is recorded now; with `wait` also what is still to come, in order, until the batch has ended or the connection is closed. Cancelled tasks have no line.",
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'from', in: 'query', description: 'Index of the first task. Default 0', schema: { type: 'integer', minimum: 0 } },
          { name: 'limit', in: 'query', description: 'Lines at most. Default: all', schema: { type: 'integer', minimum: 1 } },
          { name: 'wait', in: 'query', description: 'Follow an open batch to its end. Default false', schema: { type: 'boolean' } },
        ],
        responses: {
          200: {
            description: 'Lines of JSON, each a ResultLine. The answer is cut off where a stored block cannot be read',
            content: { 'application/x-ndjson': { schema: { $ref: '#/components/schemas/ResultLine' } } },
          },
        },
      },
      handle: (call) => sendResults(source, call),
    },
  ]
}

async function sendResults(source: ResultsSource, call: RouteCall): Promise<void> {
  const { request, response, principal, query, parameters } = call
  const isOwn = principal !== undefined && principal.role !== 'admin'
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const ranges = await source.read({
    id: parameters['id'] ?? '',
    owner: isOwn ? principal.name : undefined,
    from: wholeNumber(query, 'from', 0, 0, Number.MAX_SAFE_INTEGER),
    limit: wholeNumber(query, 'limit', Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER),
    follow: toggle(query, 'wait'),
    signal: gone.signal,
  })
  response.writeHead(200, {
    'Content-Type': 'application/x-ndjson; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  if (request.method !== 'HEAD') await writeLines(response, ranges)
  response.end()
}

async function writeLines(response: ServerResponse, ranges: AsyncIterable<RecordedRange | undefined>): Promise<void> {
  const { socket } = response
  const { timeout = 0 } = socket ?? {}
  let piece = ''
  for await (const range of ranges) {
    if (range !== undefined) {
      for (const line of resultLines(range)) {
        piece += `${line}\n`
        if (piece.length < PIECE_CHARACTERS) continue
        if (!(await write(response, piece))) return
        piece = ''
      }
      socket?.setTimeout(timeout)
      continue
    }
    // Nothing more for now: the reader gets what there is, and a task may take as long as it likes.
    response.flushHeaders()
    if (piece !== '' && !(await write(response, piece))) return
    piece = ''
    socket?.setTimeout(0).setKeepAlive(true, KEEP_ALIVE_MS)
  }
  socket?.setTimeout(timeout)
  if (piece !== '') await write(response, piece)
}

/** Writes and waits until there is room for more. False: nobody reads any more. */
async function write(response: ServerResponse, piece: string): Promise<boolean> {
  if (response.destroyed) return false
  if (response.write(piece)) return true
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })
  return !response.destroyed
}

function toggle(query: URLSearchParams, name: string): boolean {
  const text = query.get(name)
  if (text === null) return false
  const value = WORDS[text]
  if (value === undefined) throw new HttpError(400, 'BAD_ARGUMENT', `${name}: expected true or false, got "${text.slice(0, 40)}"`)
  return value
}
