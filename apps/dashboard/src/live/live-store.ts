import type { LiveMessage } from '../sources/live-message.ts'
import { LIVE_INITIAL, type LiveEvent, type LiveState, liveStep } from './live-state.ts'

/** A snapshot comes each second; three missed ones are silence. */
const SILENCE_MS = 3_500
/** After an answer that is no feed the browser gives up by itself; then we try again. */
const REOPEN_MS = 2_000

/**
 * The page's one connection to `/api/live`, and what is known from it. Open while somebody listens and the page is visible: a hidden page
 * costs nothing, and browsers allow few connections to one host.
 */
export class LiveStore {
  readonly #listeners = new Set<() => void>()
  #state: LiveState = LIVE_INITIAL
  #source: EventSource | null = null
  #silence: ReturnType<typeof setTimeout> | undefined
  #reopen: ReturnType<typeof setTimeout> | undefined

  readonly state = (): LiveState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      document.addEventListener('visibilitychange', this.#look)
      this.#look()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      document.removeEventListener('visibilitychange', this.#look)
      this.#close()
    }
  }

  readonly #look = (): void => {
    if (document.visibilityState === 'hidden') this.#close()
    else if (this.#source === null) this.#open()
  }

  #open(): void {
    clearTimeout(this.#reopen)
    const source = new EventSource('/api/live')
    this.#source = source
    for (const name of ['snapshot', 'upstream'] as const) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.#step({ event: name, data: JSON.parse(data) } as LiveMessage)
        if (name === 'snapshot') this.#listenForSilence()
      })
    }
    source.addEventListener('error', () => {
      clearTimeout(this.#silence)
      this.#step({ event: 'lost', at: Date.now() })
      if (source.readyState !== EventSource.CLOSED) return
      this.#reopen = setTimeout(() => this.#open(), REOPEN_MS)
    })
  }

  #close(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#reopen)
    this.#source?.close()
    this.#source = null
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#step({ event: 'silence', at: Date.now() }), SILENCE_MS)
  }

  #step(event: LiveEvent): void {
    const state = liveStep(this.#state, event)
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
