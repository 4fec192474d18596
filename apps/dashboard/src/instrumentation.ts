/** Next calls this once when the server starts: an address that cannot be used is said then, not at the first page. */
export async function register(): Promise<void> {
  // Next also builds this file for a runtime without files, where nothing of ours runs.
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return
  const { readSettings } = await import('./sources/settings.ts')
  readSettings(process.env)
}
