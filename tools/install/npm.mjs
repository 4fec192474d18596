import { spawnSync } from 'node:child_process'
import process from 'node:process'

/**
 * Runs npm to its end and never throws. Under `npm run` it is the very npm that was called; otherwise the one on PATH.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, timeoutMs?: number }} options timeoutMs: default five minutes
 * @returns {{ ok: boolean, stdout: string, why: string }} `why`: what npm wrote to standard error
 */
export function npm(args, { cwd, timeoutMs = 300_000 }) {
  const script = process.env['npm_execpath']
  const viaNode = script !== undefined && /npm-cli\.c?js$/.test(script)
  const [program, all] = viaNode ? [process.execPath, [script, ...args]] : ['npm', args]
  // What an outer `npm run` says about itself and its folder is not for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  const end = spawnSync(program, all, {
    cwd,
    env: { ...env, npm_config_update_notifier: 'false' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
    shell: !viaNode && process.platform === 'win32',
  })
  return { ok: end.status === 0, stdout: end.stdout ?? '', why: end.error?.message ?? (end.stderr ?? '').trim() }
}
