import { toTaskError } from '@forkpool/pool-core/batch'
import { parseResultLine } from '@forkpool/pool-core/protocol'

/** The results in lines of the API, as `imap` gives them: rejects for a task that failed, and goes on. */
export class ResultReader implements AsyncIterator<unknown, undefined> {
  readonly #lines: AsyncIterator<string, undefined>
  readonly #task: string

  /** @param task the name of their task, for errors. */
  constructor(lines: AsyncIterator<string, undefined>, task: string) {
    this.#lines = lines
    this.#task = task
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const { value: line, done } = await this.#lines.next()
    if (done === true) return { value: undefined, done }
    const result = parseResultLine(line)
    if ('value' in result) return { value: result.value, done: false }
    throw toTaskError({ at: 0, error: result.error, attempts: result.attempts }, this.#task, result.index)
  }

  /** Nobody reads any more: the answer is cut off. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    await this.#lines.return?.()
    return { value: undefined, done: true }
  }
}
