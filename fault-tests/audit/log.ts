import type { Check } from './check.ts'

const HARMLESS: ReadonlySet<string> = new Set(['debug', 'info', 'warn'])
const TOLD_MAX = 5

/** Nothing went wrong in the coordinator itself: no error in its log, no line that is not of its log. */
export const logClean: Check = ({ world, mayForget }) => {
  const bad = world.log.split('\n').filter((line) => line !== '' && !isHarmless(line, mayForget))
  return bad.slice(0, TOLD_MAX).map((line) => line.slice(0, 500))
}

function isHarmless(line: string, isFull: boolean): boolean {
  try {
    return HARMLESS.has((JSON.parse(line) as { level: string }).level)
  } catch {
    return isFull && !/(at |Error|exception)/.test(line)
  }
}
