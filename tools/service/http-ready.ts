import { setTimeout as delay } from 'node:timers/promises'

const RETRY_MS = 50

/** One request may take so long: a server that accepts and says nothing is asked again. */
const REQUEST_TIMEOUT_MS = 2_000

/** Resolves when `url` answers with a status below 400; asks again until `signal` aborts, then rejects with its reason. */
export async function httpReady(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    try {
      const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) })
      await answer.body?.cancel()
      if (answer.ok) return
    } catch {
      // Not listening yet, or not answering: both are what this waits out.
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
  }
}
