import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder, without a slash at its end. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** The absolute path of a file of the repository. */
export function inRepository(...parts: string[]): string {
  return join(ROOT, ...parts)
}

/** The `forkpool` command as a script for Node. */
export const FORKPOOL_BIN: string = inRepository('apps', 'coordinator', 'bin', 'forkpool.mjs')

/** Flags for a Node that runs the repository's TypeScript sources instead of what was built from them. */
export const SOURCE_FLAGS: readonly string[] = ['--conditions=forkpool-source']
