import { services } from '../../../../compose.ts'
import { answer } from '../../../../guard/answers.ts'

/** `GET /api/comparisons/:id` */
export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params
  return answer(() => services().coordinator.get(`/comparisons/${encodeURIComponent(id)}`))
}
