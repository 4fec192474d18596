import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Compiles pool-core, as it is published: its start-up is measured without the stripping of types. */
export function compilePoolCore(): void {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const project = fileURLToPath(new URL('../../packages/pool-core/tsconfig.build.json', import.meta.url))
  execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', project], { stdio: 'inherit' })
}
