/** Next calls this once when the server starts. An address that cannot be used ends it then, in one line, instead of failing every page. */
export async function register(): Promise<void> {
  // Next also builds this file for a runtime without files, where nothing of ours runs.
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return
  const { endOnBadSettings } = await import('./end-on-bad-settings.ts')
  endOnBadSettings()
}
