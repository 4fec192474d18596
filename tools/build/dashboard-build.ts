import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { inRepository, ROOT, runToEnd } from '../service/index.ts'
import { sourceDigest } from './source-digest.ts'

/** All that the dashboard is built from. The lock file stands for the packages. */
const SOURCES = ['apps/dashboard', 'packages/pool-core/src', 'packages/pool-core/package.json', 'packages/tsconfig', 'package-lock.json']

const STAMP = inRepository('apps', 'dashboard', '.next', 'forkpool-sources')

const LOG_FILE = inRepository('.cache', 'logs', 'dashboard-build.log')

/**
 * Builds the dashboard if its build is missing or older than its sources. It is the only program that needs a build to run: the others
 * run from their sources.
 */
export async function ensureDashboardBuilt(signal: AbortSignal): Promise<void> {
  const digest = sourceDigest(ROOT, SOURCES)
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return
  console.log('forkpool: building the dashboard …')
  const startedAt = performance.now()
  const end = await runToEnd(
    {
      name: 'dashboard build',
      command: process.execPath,
      args: [inRepository('node_modules', 'turbo', 'bin', 'turbo'), 'run', 'build', '--filter=@forkpool/dashboard'],
      cwd: ROOT,
      output: 'log',
      logFile: LOG_FILE,
    },
    signal,
  )
  signal.throwIfAborted()
  if (end.exitCode !== 0) throw new Error(`the dashboard does not build:\n${readFileSync(LOG_FILE, 'utf8').trimEnd()}`)
  writeFileSync(STAMP, digest)
  console.log(`forkpool: dashboard built in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
}
