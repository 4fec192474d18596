/** One event of a `text/event-stream`. Source: WHATWG HTML, "Server-sent events". */
export interface StreamEvent {
  readonly event: string
  readonly data: string
}

/** The most text one event may hold; a stream beyond it is not ours. A snapshot with 50 batches has about 40 kB. */
const EVENT_CHARACTERS_MAX = 4_000_000

/** Splits a stream of text into events, whatever the chunks' borders. `feed` returns the events that are complete. */
export class EventStreamParser {
  #rest = ''
  #event = ''
  #data: string[] = []
  #characters = 0

  /** @throws RangeError when one event is larger than four million characters. */
  feed(chunk: string): StreamEvent[] {
    const events: StreamEvent[] = []
    const text = this.#rest + chunk
    let from = 0
    for (;;) {
      const end = text.indexOf('\n', from)
      if (end < 0) break
      const line = text.slice(from, text[end - 1] === '\r' ? end - 1 : end)
      from = end + 1
      const event = this.#line(line)
      if (event !== null) events.push(event)
    }
    this.#rest = text.slice(from)
    if (this.#rest.length + this.#characters > EVENT_CHARACTERS_MAX) throw new RangeError('An event of the live feed is too large.')
    return events
  }

  #line(line: string): StreamEvent | null {
    if (line === '') {
      const event = this.#data.length === 0 ? null : { event: this.#event || 'message', data: this.#data.join('\n') }
      this.#event = ''
      this.#data = []
      this.#characters = 0
      return event
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.#event = value
    if (field === 'data') {
      this.#data.push(value)
      this.#characters += value.length
    }
    return null
  }
}

/** The event as it goes over the wire. A line break in the data starts a new data line, so that nothing in it can end the event. */
export function encodeEvent({ event, data }: StreamEvent): string {
  return `event: ${event}\n${data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
}
