import { services } from '../../../../../compose.ts'
import { answer, errorAnswer } from '../../../../../guard/answers.ts'
import { isSameOrigin } from '../../../../../guard/host.ts'

/** `POST /api/batches/:id/cancel`, from our own pages only. */
export async function POST(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  if (!isSameOrigin(request.headers)) return errorAnswer(403, 'NOT_ALLOWED', 'Only a page of this dashboard may cancel a batch.')
  const { id } = await params
  return answer(async () => {
    const response = await services().coordinator.request(`/batches/${encodeURIComponent(id)}/cancel`, { method: 'POST' })
    await response.body?.cancel()
    return { cancelled: id }
  }, 202)
}
