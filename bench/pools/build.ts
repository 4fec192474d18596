import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const POOL_CORE = new URL('../../packages/pool-core/', import.meta.url)

/** Builds what of pool-core is published: its start-up is measured as its users have it. */
export function buildPoolCore(): void {
  rolldown(['--config', 'rolldown.config.ts'], POOL_CORE)
}

/**
 * Makes JavaScript of a program beside it, with all that it imports but packages: where it lies. What strips types in a program that is run as it is takes
 * memory of its own, and gives some of it back when it likes.
 */
export function buildProgram(name: string): string {
  const out = `${name}.built.mjs`
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Readonly<Record<string, object>>
  const packages = Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] }).flatMap((each) => ['--external', each])
  rolldown([`${name}.ts`, '--file', out, '--platform', 'node', ...packages], new URL('.', import.meta.url))
  return fileURLToPath(new URL(out, import.meta.url))
}

function rolldown(args: readonly string[], folder: URL): void {
  const home = dirname(createRequire(new URL('package.json', POOL_CORE)).resolve('rolldown/package.json'))
  execFileSync(process.execPath, [join(home, 'bin/cli.mjs'), ...args], {
    cwd: fileURLToPath(folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
