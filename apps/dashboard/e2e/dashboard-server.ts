import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import type { AddressInfo } from 'node:net'

const ROOM = resolve(import.meta.dirname, '..')
const NEXT = resolve(ROOM, '../../node_modules/next/dist/bin/next')

export interface RunningDashboard {
  readonly url: string
  /** What it has written so far. */
  readonly output: () => string
  readonly stop: () => Promise<void>
  /** Asks it to end and waits until it has: how it ended. */
  readonly end: (signal: 'SIGINT' | 'SIGTERM') => Promise<string>
}

/** Builds the dashboard unless a build is there that is newer than every source. */
function buildDashboard(): void {
  const id = resolve(ROOM, '.next/BUILD_ID')
  const sources = [...globSync('src/**/*', { cwd: ROOM }), 'package.json', 'next.config.ts', 'tsconfig.json']
  const newest = Math.max(...sources.map((path) => statSync(resolve(ROOM, path)).mtimeMs))
  if (existsSync(id) && statSync(id).mtimeMs > newest) return
  const { status, stdout, stderr } = spawnSync(process.execPath, [NEXT, 'build'], {
    cwd: ROOM,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) throw new Error(`next build ended with ${status}:\n${stdout}\n${stderr}`)
}

/** `next start` on a free loopback port; ready when it answers. */
export async function startDashboard(env: Readonly<Record<string, string>>): Promise<RunningDashboard> {
  buildDashboard()
  const port = await freePort()
  const child = spawn(process.execPath, [NEXT, 'start', '--hostname', '127.0.0.1', '--port', `${port}`], {
    cwd: ROOM,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutOurs(process.env), NODE_ENV: 'production', ...env },
  })
  endWithUs(child)
  let output = ''
  const exited = new Promise<never>((_, reject) =>
    child.once('close', (code) => reject(new Error(`next start ended with ${code}: ${output}`))),
  )
  exited.catch(() => undefined)
  const ready = new Promise<void>((done) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        output += text
        if (output.includes('Ready in')) done()
      })
    }
  })
  const url = `http://127.0.0.1:${port}`
  // Next says it is ready a moment before it has looked at its settings.
  await Promise.race([ready.then(() => fetch(`${url}/api/healthz`)).catch(() => exited), exited])
  return { url, output: () => output, stop: () => stop(child), end: (signal) => end(child, signal) }
}

async function end(child: ChildProcess, signal: 'SIGINT' | 'SIGTERM'): Promise<string> {
  const ended = new Promise<string>((done) => child.once('close', (code, by) => done(code === null ? `signal ${by}` : `code ${code}`)))
  child.kill(signal)
  return ended
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await gone
}

/** A test that fails before its own tidying must not leave a process behind. */
export function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** The environment of whoever runs the tests must not decide what they see. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['FORKPOOL_URL', 'FORKPOOL_TOKEN', 'FORKPOOL_TOKEN_FILE', 'FORKPOOL_DASHBOARD_HOSTS', 'PROMETHEUS_URL', 'PORT']
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !names.includes(name) && !name.startsWith('VITEST')),
  ) as NodeJS.ProcessEnv
}

/** Everything that the build serves to browsers, as one text: no secret and no server code may be in it. */
export function browserFiles(): string {
  return globSync('.next/static/**/*.js', { cwd: ROOM })
    .map((path) => readFileSync(resolve(ROOM, path), 'utf8'))
    .join('\n')
}
