import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What a worker process runs: the only place that knows where its program lies, as source or compiled. */
export function workerProgram(): { readonly path: string; readonly execArgv: readonly string[] } {
  const fromSource = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(new URL(fromSource ? '../worker/main.ts' : '../worker/main.js', import.meta.url))
  if (!existsSync(path)) throw new Error(`the worker program is missing: ${path}`)
  return { path, execArgv: fromSource ? ['--conditions=forkpool-source'] : [] }
}
