/** How long an asynchronous call may wait. */
export interface WaitOptions {
  /** Milliseconds, 0 or more; without one, for ever. */
  readonly timeoutMs?: number | undefined
  /** Rejects the call with `signal.reason`; then nothing is held or taken. */
  readonly signal?: AbortSignal | undefined
}

/** How long a blocking call may wait. */
export interface SyncWaitOptions {
  /** Milliseconds, 0 or more; without one, for ever. */
  readonly timeoutMs?: number | undefined
}

/** The time allowed, `Infinity` when there is no limit. @throws RangeError for a negative or meaningless one, before any waiting. */
export function timeoutOf(options: SyncWaitOptions | undefined): number {
  const timeoutMs = options?.timeoutMs ?? Infinity
  if (!(timeoutMs >= 0)) throw new RangeError(`timeoutMs: expected 0 or more milliseconds, got ${timeoutMs}`)
  return timeoutMs
}

/** @throws RangeError unless `value` is a whole number from `least` to `most`. */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got ${value}`)
}
