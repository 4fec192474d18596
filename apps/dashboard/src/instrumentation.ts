import { readSettings } from './sources/settings.ts'

/** Next calls this once when the server starts: an address that cannot be used is said then, not at the first page. */
export function register(): void {
  readSettings(process.env)
}
