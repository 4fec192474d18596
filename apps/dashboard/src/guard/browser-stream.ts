import { encodeEvent, type StreamEvent } from '../sources/event-stream.ts'
import type { LiveListener } from '../sources/live.ts'

/** The browser waits this long before it connects again. */
const RETRY_MS = 1_000
/** Keeps proxies between us from closing a quiet stream, and finds out that a browser is gone. */
const HEARTBEAT_MS = 10_000

/**
 * The body of a live feed to one browser. A browser that reads slower than events come gets only the newest of each name:
 * what is kept for it is bounded by the number of names, and what it sees is never old.
 */
export function browserStream(subscribe: (listener: LiveListener) => () => void, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const waiting = new Map<string, StreamEvent>()
  let stop = (): void => undefined
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`))
        const heartbeat = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': still here\n\n'))
        }, HEARTBEAT_MS)
        const leave = (): void => {
          stop()
          controller.close()
        }
        let unsubscribe = (): void => undefined
        stop = () => {
          unsubscribe()
          clearInterval(heartbeat)
          signal.removeEventListener('abort', leave)
        }
        signal.addEventListener('abort', leave)
        unsubscribe = subscribe({
          onEvent: (event) => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(encodeEvent(event)))
            else waiting.set(event.event, event)
          },
          onClose: leave,
        })
      },
      pull(controller) {
        for (const event of waiting.values()) controller.enqueue(encoder.encode(encodeEvent(event)))
        waiting.clear()
      },
      cancel: () => stop(),
    },
    // In events: room for a newcomer's three and a little jitter.
    { highWaterMark: 8 },
  )
}
