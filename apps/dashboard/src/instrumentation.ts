/** Next calls this once when the server starts. */
export async function register(): Promise<void> {
  // Next also builds this file for a runtime without files, where nothing of ours runs.
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return
  const { endOnBadSettings, endOnSignal } = await import('./process-end.ts')
  endOnBadSettings()
  endOnSignal()
}
