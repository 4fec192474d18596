/** The value, where it is a whole number from `least` to `most`; else a `RangeError` that names task and option. */
export function wholeNumber(task: string, name: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  const got = typeof value === 'number' ? value : typeof value
  throw new RangeError(`${task} takes ${name}, a whole number from ${least} to ${most}, got ${got}`)
}
