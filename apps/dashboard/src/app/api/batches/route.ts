import { services } from '../../../compose.ts'
import { answer, errorAnswer } from '../../../guard/answers.ts'

const LIMIT_MAX = 200

/** `GET /api/batches?limit=50&before=ID`: a page of batches, newest first. */
export async function GET(request: Request): Promise<Response> {
  const asked = new URL(request.url).searchParams
  const limit = Number(asked.get('limit') ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return errorAnswer(400, 'BAD_ARGUMENT', `limit must be a whole number from 1 to ${LIMIT_MAX}.`)
  }
  const query = new URLSearchParams({ limit: `${limit}` })
  const before = asked.get('before')
  if (before !== null) query.set('before', before)
  return answer(() => services().coordinator.get(`/batches?${query}`))
}
