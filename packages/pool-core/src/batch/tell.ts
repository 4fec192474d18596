import { reportCallbackError } from '../future/index.ts'

/** Calls an optional callback of the user's. One that throws is reported, and harms nobody. */
export function tell<Told>(name: string, callback: ((told: Told) => void) | undefined, told: () => Told): void {
  if (callback === undefined) return
  try {
    callback(told())
  } catch (error) {
    reportCallbackError(name, error)
  }
}
