import { services } from '../../../compose.ts'
import { answer, errorAnswer } from '../../../guard/answers.ts'

/** One point a second: fifteen minutes are as many points as a wide chart has pixels. */
const SECONDS_MAX = 900

/** `GET /api/throughput?seconds=300`: the chart's past, and which source it is from. */
export async function GET(request: Request): Promise<Response> {
  const seconds = Number(new URL(request.url).searchParams.get('seconds') ?? 300)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > SECONDS_MAX) {
    return errorAnswer(400, 'BAD_ARGUMENT', `seconds must be a whole number from 1 to ${SECONDS_MAX}.`)
  }
  return answer(() => services().throughput.view(seconds))
}
