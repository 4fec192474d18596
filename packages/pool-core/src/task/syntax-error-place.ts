import { placeInStack } from './source-place.ts'
import type { SourcePlace } from './source-place.ts'

/** Node checks a file in a few tens of milliseconds; a file that takes longer gets no line. */
const CHECK_TIMEOUT_MS = 5_000

/**
 * Where `file` does not parse; `undefined` when it does, so that the fault is in a file that it imports. The engine keeps the place of a
 * syntax error in an ES module to itself, except for the report that Node prints when it ends over one: so a Node is asked to check the
 * file, which runs none of its code.
 */
export function syntaxErrorPlace(file: string): SourcePlace | undefined {
  const { stderr } = process.getBuiltinModule('node:child_process').spawnSync(process.execPath, ['--check', file], {
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1024 * 1024,
  })
  return placeInStack(stderr)
}
