import { limitLabel, LIMITS } from './config/limits.ts'
import type { LimitName } from './config/limits.ts'

/** Why somebody was refused something, beside the limits. */
const CAUSES = [
  'bad_batch',
  'bad_frame',
  'bad_message',
  'bad_request',
  'engine',
  'full',
  'host',
  'origin',
  'path',
  'role',
  'subprotocol',
  'token',
] as const

/** Gateway and HTTP server → metrics: every refusal has one of these reasons. */
export type RefusalReason = LimitName | (typeof CAUSES)[number]

/** What metrics call it. */
export function reasonLabel(reason: RefusalReason): string {
  return limitLabel(reason as LimitName)
}

/** All of them, for a counter that begins at 0. */
export const REFUSAL_LABELS: readonly string[] = [...LIMITS.map(limitLabel), ...CAUSES]
