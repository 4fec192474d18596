import { spawnSync } from 'node:child_process'

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string | undefined>} [env] added to this process's environment
 * @property {string} [cwd]
 * @property {number} [timeoutMs] default: ten minutes
 * @property {boolean} [terminal] the program speaks to the person at the terminal; nothing of it is captured
 */

/**
 * Runs a program to its end and never throws.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {{ ok: boolean, stdout: string, why: string }} `why` is one line for people: what went wrong, or nothing
 */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    stdio: options.terminal === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 600_000,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  })
  const stdout = result.stdout ?? ''
  if (result.status === 0) return { ok: true, stdout, why: '' }
  const lines = `${result.stderr ?? ''}`.trim().split('\n')
  const last = lines.filter((line) => line.trim() !== '').at(-1)
  const end = result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`)
  return { ok: false, stdout, why: last === undefined ? `${program}: ${end}` : `${program}: ${end}: ${last.trim()}` }
}
