import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { emptyReport, say } from './report.mjs'
import { run } from './run.mjs'
import { CACHE_BIN, which, whichOnPath } from './which.mjs'

/**
 * Programs that are built from source by `go install`, which needs no release page and checks every module against the
 * checksum database. `atLeast`: a copy on PATH that answers `version` with this one or a newer one will do.
 * `compose-check` is the reader of Compose files that Docker itself uses, as a program.
 *
 * @type {Readonly<Record<string, { module: string, version: string, atLeast?: string }>>}
 */
export const GO_TOOLS = {
  k6: { module: 'go.k6.io/k6', version: 'v1.8.1', atLeast: '1.0.0' },
  kustomize: { module: 'sigs.k8s.io/kustomize/kustomize/v5', version: 'v5.8.2', atLeast: '5.0.0' },
  'compose-check': { module: 'github.com/compose-spec/compose-go/v2/cmd', version: 'v2.16.2' },
}

/**
 * Makes sure that these programs exist, building what is missing into `.cache/bin` (k6: about two minutes of two cores).
 * Nothing is done for one that is there in the pinned version, or on PATH in a version that will do.
 *
 * @param {readonly string[]} [names] default: all
 * @returns {import('./report.mjs').InstallReport}
 */
export function ensureGoTools(names = Object.keys(GO_TOOLS)) {
  const report = emptyReport()
  for (const name of names) {
    const reason = ensureOne(name)
    if (reason === undefined) report.installed.push(name)
    else report.missing.push({ name, reason })
  }
  return report
}

/**
 * @param {string} name
 * @returns {string | undefined} why it could not be had
 */
function ensureOne(name) {
  const tool = GO_TOOLS[name]
  if (tool === undefined) return `no such Go tool is known; known: ${Object.keys(GO_TOOLS).join(', ')}`
  const stamp = path.join(CACHE_BIN, `${name}.version`)
  const own = path.join(CACHE_BIN, name)
  if (which(name)?.startsWith(own) === true && readStamp(stamp) === tool.version) return undefined
  if (tool.atLeast !== undefined) {
    const onPath = whichOnPath(name)
    if (onPath !== undefined && isAtLeast(run(onPath, ['version'], { timeoutMs: 20_000 }).stdout, tool.atLeast)) return undefined
  }
  const go = whichOnPath('go')
  if (go === undefined) return `Go is not on PATH, and ${name} is built with it`

  say(`building ${name} ${tool.version} into .cache/bin with go install (once, may take minutes)`)
  const folder = path.join(CACHE_BIN, `${name}.building`)
  mkdirSync(folder, { recursive: true })
  try {
    const built = run(go, ['install', `${tool.module}@${tool.version}`], {
      cwd: folder,
      env: { GOBIN: folder, GOWORK: 'off' },
      timeoutMs: 1_200_000,
    })
    const [binary] = readdirSync(folder)
    if (!built.ok) return built.why
    if (binary === undefined) return 'go install left no program'
    // Go names a program after the last part of its module's path, which says little for some.
    renameSync(path.join(folder, binary), own + path.extname(binary))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  writeFileSync(stamp, tool.version)
  return undefined
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function readStamp(file) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

/**
 * Whether the first version number in a program's answer is at least `wanted`.
 *
 * @param {string} answer
 * @param {string} wanted
 * @returns {boolean}
 */
export function isAtLeast(answer, wanted) {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(answer)?.slice(1, 4).map(Number)
  if (found === undefined) return false
  for (const [place, want] of wanted.split('.').map(Number).entries()) {
    const have = found[place] ?? 0
    if (have !== want) return have > want
  }
  return true
}
