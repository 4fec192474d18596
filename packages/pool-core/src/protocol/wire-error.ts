/**
 * An error as it travels. Structure survives: class name, own properties, `cause` and the stack where it was thrown.
 * Its class does not: the receiver rebuilds an `Error` that carries the name.
 */
export interface WireError {
  /** Class name of the thrown value: `RangeError`, `PaymentDeclined`. */
  readonly name: string
  readonly message: string
  /** A Forkpool error code, where Forkpool raised it. */
  readonly code?: string | undefined
  /** The stack as text, where it was thrown. */
  readonly stack?: string | undefined
  /** Own enumerable properties that can be encoded, without the ones above. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: WireError | undefined
  /** Members of an `AggregateError`. */
  readonly errors?: readonly WireError[] | undefined
}
