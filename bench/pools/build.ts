import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Builds what of pool-core is published: its start-up is measured as its users have it. */
export function buildPoolCore(): void {
  const folder = new URL('../../packages/pool-core/', import.meta.url)
  const rolldown = dirname(createRequire(new URL('package.json', folder)).resolve('rolldown/package.json'))
  const args = [join(rolldown, 'bin/cli.mjs'), '--config', 'rolldown.config.ts']
  execFileSync(process.execPath, args, { cwd: fileURLToPath(folder), stdio: ['ignore', 'ignore', 'inherit'] })
}
