import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** So many lines of npm's output are shown from its beginning and from its end when it fails: the cause stands in either. */
const OUTPUT_LINES = 15

/**
 * Makes node_modules agree with package-lock.json: `npm ci` when it does not, nothing when it does. A stamp in node_modules remembers
 * the lock file that it was made from, so that the usual case costs one hash. Throws with npm's last lines when it fails.
 * @param {string} root
 */
export async function installPackages(root) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const stampFile = join(root, 'node_modules', '.forkpool-stamp')
  const platform = `${process.platform}-${process.arch}`
  const stamp = `${createHash('sha256').update(lockText).digest('hex')} ${platform}\n`
  const old = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined
  if (old === stamp) return
  const samePlatform = old === undefined || old.endsWith(` ${platform}\n`)
  if (!samePlatform || !isInstalled(root, lockText)) await npmCi(root)
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
}

/**
 * Whether somebody ran `npm install` by hand: npm's record of what it put into node_modules has every package of the lock file in its
 * version. Packages for other systems are optional, and absent.
 * @param {string} root
 * @param {string} lockText
 */
function isInstalled(root, lockText) {
  const recordFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(recordFile)) return false
  /** @type {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }>} */
  const wanted = JSON.parse(lockText).packages
  const present = JSON.parse(readFileSync(recordFile, 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, link, optional, devOptional }]) => {
    if (!path.includes('node_modules')) return true
    const found = present[path]
    if (found === undefined) return optional === true || devOptional === true
    return link === true || found.version === version
  })
}

/** @param {string} root */
async function npmCi(root) {
  const startedAt = Date.now()
  console.log('forkpool: installing npm packages (npm ci) …')
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  // Under `npm run` this is the very npm that was called; there is none to look for on the PATH.
  const npm = process.env['npm_execpath']
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm)
  const child = viaNode
    ? spawn(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    : spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  let interrupted = false
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => {
      interrupted = true
      child.kill(signal)
    })
  }
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (interrupted) throw new Error('interrupted while npm ci ran; run this again')
  if (code !== 0) {
    const lines = output.trimEnd().split('\n')
    const end = Math.max(OUTPUT_LINES, lines.length - OUTPUT_LINES)
    console.error([...lines.slice(0, OUTPUT_LINES), ...(end > OUTPUT_LINES ? ['…'] : []), ...lines.slice(end)].join('\n'))
    throw new Error(`npm ci failed with exit code ${String(code)}; what it said stands above`)
  }
  console.log(`forkpool: npm packages installed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
}
