import { services } from '../../../compose.ts'
import { answer, errorAnswer } from '../../../guard/answers.ts'
import { isSameOrigin } from '../../../guard/host.ts'
import { readLimitedBody } from '../../../guard/limited-body.ts'

/** Explicit items are typed or pasted into a form; a larger input belongs to the command line. */
const BODY_BYTES_MAX = 1_048_576

/** `GET /api/comparisons`, newest first. */
export async function GET(): Promise<Response> {
  return answer(() => services().coordinator.get('/comparisons'))
}

/** `POST /api/comparisons` starts one, from our own pages only. */
export async function POST(request: Request): Promise<Response> {
  if (!isSameOrigin(request.headers)) return errorAnswer(403, 'NOT_ALLOWED', 'Only a page of this dashboard may start a comparison.')
  if (request.headers.get('content-type')?.split(';')[0] !== 'application/json') {
    return errorAnswer(415, 'BAD_ARGUMENT', 'The body must be application/json.')
  }
  const body = await readLimitedBody(request, BODY_BYTES_MAX).catch(() => '')
  if (body === null) return errorAnswer(413, 'LIMIT_EXCEEDED', `The body may have ${BODY_BYTES_MAX} bytes at most.`)
  return answer(async () => {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    return (await services().coordinator.request('/comparisons', init)).json()
  }, 202)
}
