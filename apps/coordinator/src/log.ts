import { pino, destination } from 'pino'
import type { Logger } from 'pino'

export type Log = Logger

/** JSON lines on standard error, written at once, so that the last words before a crash are not lost. Secrets never reach a log call. */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
    destination({ dest: 2, sync: true }),
  )
}
