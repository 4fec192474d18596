/**
 * A signal that aborts when this program is asked to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the program that started
 * it. Asking twice is the same as asking once: in a terminal Ctrl-C comes from the terminal and again from npm.
 */
export function stopRequest(): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new Error('stopped on request'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  if (process.channel !== undefined && process.channel !== null) {
    process.once('disconnect', stop)
    // Waiting for the end of the parent is no reason to stay alive.
    process.channel.unref()
  }
  return controller.signal
}
