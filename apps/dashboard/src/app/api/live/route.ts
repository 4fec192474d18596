import { services } from '../../../compose.ts'
import { browserStream } from '../../../guard/browser-stream.ts'

/** `GET /api/live`: everything that changes, over one connection (sources/live-message.ts). */
export async function GET(request: Request): Promise<Response> {
  const { live } = services()
  return new Response(
    browserStream((listener) => live.subscribe(listener), request.signal),
    {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        // Without `no-transform` compression would hold events back.
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
    },
  )
}
