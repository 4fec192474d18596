import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { emptyReport, say, unattended } from './report.mjs'
import { run } from './run.mjs'
import { CACHE, CACHE_BIN, which, whichOnPath } from './which.mjs'

/**
 * What comes from Debian's (or Ubuntu's) packages. `programs`: each must be there, under any one of its names.
 * `unpack`: the package is only unpacked into `.cache/bin`: no root, and no service of it starts on the machine.
 *
 * @type {Readonly<Record<string, { packageName: string, unpack: boolean, programs: readonly (readonly string[])[] }>>}
 */
export const DEBIAN_TOOLS = {
  chromium: {
    packageName: 'chromium',
    unpack: false,
    programs: [['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']],
  },
  prometheus: { packageName: 'prometheus', unpack: true, programs: [['prometheus'], ['promtool']] },
}

/**
 * Makes sure that these tools exist. Nothing is done for those that do.
 * As root, packages are installed by `apt-get`; otherwise `sudo` is asked for, after a question to the person at the terminal;
 * with `CI=true`, or without a terminal, nothing is asked and only a `sudo` that needs no password is used.
 *
 * @param {readonly string[]} [names] default: all
 * @returns {import('./report.mjs').InstallReport}
 */
export function ensureDebian(names = Object.keys(DEBIAN_TOOLS)) {
  const report = emptyReport()
  for (const name of names) {
    const reason = ensureOne(name)
    if (reason === undefined) report.installed.push(name)
    else report.missing.push({ name, reason })
  }
  return report
}

/**
 * The path of a tool's first program, whatever name it has on this machine.
 *
 * @param {string} name a key of `DEBIAN_TOOLS`
 * @returns {string | undefined}
 */
export function findProgram(name) {
  return DEBIAN_TOOLS[name]?.programs[0]?.map(which).find((found) => found !== undefined)
}

/**
 * @param {string} name
 * @returns {string | undefined} why it could not be had
 */
function ensureOne(name) {
  const tool = DEBIAN_TOOLS[name]
  if (tool === undefined) return `no such tool is known; known: ${Object.keys(DEBIAN_TOOLS).join(', ')}`
  if (isThere(tool)) return undefined
  if (whichOnPath('apt-get') === undefined) return `not on PATH, and there is no apt-get to install it with; install ${name} yourself`
  const reason = tool.unpack ? unpack(tool) : install(tool)
  if (reason !== undefined) return reason
  return isThere(tool) ? undefined : `the package ${tool.packageName} was installed, but its programs are still not found`
}

/**
 * @param {{ programs: readonly (readonly string[])[] }} tool
 * @returns {boolean}
 */
function isThere(tool) {
  return tool.programs.every((names) => names.some((name) => which(name) !== undefined))
}

/**
 * @param {{ packageName: string, programs: readonly (readonly string[])[] }} tool
 * @returns {string | undefined} why it could not be had
 */
function unpack({ packageName, programs }) {
  say(`unpacking Debian's package ${packageName} into .cache/bin (nothing is installed on the machine)`)
  mkdirSync(CACHE_BIN, { recursive: true })
  const folder = mkdtempSync(path.join(CACHE, `debian-${packageName}-`))
  try {
    // As root, apt-get hands the download to a user of its own, who must be able to write here.
    chmodSync(folder, 0o777)
    let fetched = run('apt-get', ['download', packageName], { cwd: folder })
    if (!fetched.ok && asRoot(['apt-get', 'update'], `to read the list of packages, for ${packageName}`) === undefined)
      fetched = run('apt-get', ['download', packageName], { cwd: folder })
    if (!fetched.ok) return fetched.why
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'))
    if (archive === undefined) return `apt-get download ${packageName} left no file`
    const unpacked = run('dpkg-deb', ['--extract', archive, 'tree'], { cwd: folder })
    if (!unpacked.ok) return unpacked.why
    for (const [program] of programs) {
      if (program === undefined) continue
      const from = path.join(folder, 'tree', 'usr', 'bin', program)
      const tried = run(from, ['--version'], { timeoutMs: 20_000 })
      if (!tried.ok) return tried.why
      // Renamed into place: a copy cut short must not be found next time.
      copyFileSync(from, path.join(folder, program))
      renameSync(path.join(folder, program), path.join(CACHE_BIN, program))
    }
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {{ packageName: string }} tool
 * @returns {string | undefined} why it could not be had
 */
function install({ packageName }) {
  const command = ['apt-get', 'install', '--yes', '--no-install-recommends', packageName]
  const why = `to install Debian's package ${packageName}`
  const refused = asRoot(command, why)
  if (refused === undefined) return undefined
  // A fresh machine knows no packages yet.
  return asRoot(['apt-get', 'update'], why) ?? asRoot(command, why)
}

/** Whether the person at the terminal said no: asked once, not once a command. */
let refusal = /** @type {string | undefined} */ (undefined)

/**
 * @param {readonly string[]} command
 * @param {string} why
 * @returns {string | undefined} why it was not done
 */
function asRoot(command, why) {
  const shown = command.join(' ')
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  if (process.getuid?.() === 0) {
    say(shown)
    return failure(run(command[0] ?? '', command.slice(1), { env: environment }))
  }
  const byHand = `run it yourself: sudo ${shown}`
  if (refusal !== undefined) return `${refusal}; ${byHand}`
  if (whichOnPath('sudo') === undefined) return `it needs root, and there is no sudo; ${byHand}`
  if (unattended()) {
    say(`sudo ${shown}`)
    const reason = failure(run('sudo', ['-n', 'env', 'DEBIAN_FRONTEND=noninteractive', ...command]))
    return reason === undefined ? undefined : `${reason}; ${byHand}`
  }
  if (!agreed(`May I run "sudo ${shown}" ${why}? [y/N] `)) {
    refusal = 'it was not allowed to use sudo'
    return `${refusal}; ${byHand}`
  }
  return failure(run('sudo', ['env', 'DEBIAN_FRONTEND=noninteractive', ...command], { terminal: true }))
}

/**
 * @param {{ ok: boolean, why: string }} result
 * @returns {string | undefined}
 */
function failure(result) {
  return result.ok ? undefined : result.why
}

/**
 * @param {string} question
 * @returns {boolean}
 */
function agreed(question) {
  process.stderr.write(question)
  // The shell reads the line: Node has no synchronous way to wait for a terminal.
  const answer = spawnSync('sh', ['-c', 'read -r answer && case "$answer" in y|Y|yes|Yes) exit 0;; *) exit 1;; esac'], { stdio: 'inherit' })
  return answer.status === 0
}
