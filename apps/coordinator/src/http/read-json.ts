import type { IncomingMessage } from 'node:http'
import { LimitError } from '../config/limits.ts'
import { HttpError } from './http-error.ts'
import type { RouteCall } from './route.ts'

/**
 * The body of a request as JSON.
 * @throws HttpError for another type or for what is no JSON; LimitError for a body that is too large, of which no more is read.
 */
export async function readJson({ request, bodyBytesMax }: RouteCall): Promise<unknown> {
  const type = request.headers['content-type'] ?? ''
  // A form of another site cannot send this type without asking first: a second guard beside Origin.
  if (!/^application\/json\b/i.test(type)) throw new HttpError(415, 'BAD_ARGUMENT', 'expected Content-Type: application/json')
  const body = await readBody(request, bodyBytesMax)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // The engine's own words quote the body.
    throw new HttpError(400, 'BAD_ARGUMENT', 'the body is not JSON')
  }
}

function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    // Not `for await`: leaving it early cuts the connection before the answer is written.
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes <= bytesMax) return void chunks.push(chunk)
      request.pause()
      request.removeAllListeners('data')
      reject(new LimitError('bodyBytesMax', `the body is larger than ${bytesMax} bytes`))
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => reject(new HttpError(400, 'BAD_ARGUMENT', 'the request was cut off')))
  })
}
