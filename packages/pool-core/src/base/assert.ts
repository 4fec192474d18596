/** An invariant of our own is broken: a fault of Forkpool, never of its user. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Throws `InvariantError` unless `condition` holds. For faults of ours; bad input gets a `ForkpoolError`. */
export function assert(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === undefined || condition === null) throw new InvariantError(message)
}

/** The end of a switch over a union: a new member that is not handled does not compile. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected value: ${JSON.stringify(value)}`)
}
