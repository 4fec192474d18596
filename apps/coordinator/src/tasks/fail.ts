import { taskContext } from '@forkpool/pool-core/task'

/** What `fail` throws: an error of a class of its own, with properties and a cause, as real programs have them. */
class DemonstrationError extends Error {
  override readonly name = 'DemonstrationError'
  /** Index of the task in its batch. */
  readonly item: number
  /** 1 for the first run. */
  readonly attempt: number
  readonly hint = 'fail always fails: see what arrives of an error'

  constructor(message: string, item: number, attempt: number, cause: Error) {
    super(message, { cause })
    this.item = item
    this.attempt = attempt
  }
}

/** Throws a `DemonstrationError` with this message. For seeing what arrives of an error at the other end. */
export function fail(message: unknown = 'failed on purpose'): never {
  const { index, attempt } = taskContext()
  throw new DemonstrationError(String(message), index, attempt, new RangeError('the reason behind it'))
}
fail.description = 'Throws an error with properties and a cause: what of it arrives?'
