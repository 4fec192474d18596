import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { endWithUs, freePort } from './dashboard-server.ts'
import { eventually } from './stack.ts'

const FORKPOOL = resolve(import.meta.dirname, '../../coordinator/bin/forkpool.mjs')

/** The copy that `npm test` fetches where the machine has none. */
const OWN_PROMETHEUS = resolve(import.meta.dirname, '../../../.cache/bin/prometheus')

export interface RunningService {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** The real coordinator with its workers, on a free port. */
export async function startCoordinator(): Promise<RunningService> {
  const child = spawn(process.execPath, [FORKPOOL, 'serve', '--port', '0', '--ephemeral'], { stdio: ['ignore', 'pipe', 'pipe'] })
  endWithUs(child)
  const [, url = ''] = await said(child, /listening on (\S+)/)
  return { url, stop: () => end(child) }
}

/** Runs the `forkpool` command against a coordinator and resolves with what it wrote. @throws Error if it does not end with 0. */
export async function forkpool(url: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [FORKPOOL, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORKPOOL_URL: url },
  })
  endWithUs(child)
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  if (code !== 0) throw new Error(`forkpool ${args.join(' ')} ended with ${code}: ${errors}`)
  return output
}

/** Prometheus, the project's own copy or the machine's, asking the coordinator once a second; it has done so when this resolves. */
export async function startPrometheus(coordinatorUrl: string): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  const target = new URL(coordinatorUrl).host
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: forkpool, static_configs: [{ targets: ['${target}'] }] }]\n`,
  )
  const address = `127.0.0.1:${await freePort()}`
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`]
  const child = spawn(existsSync(OWN_PROMETHEUS) ? OWN_PROMETHEUS : 'prometheus', flags, { stdio: ['ignore', 'pipe', 'pipe'] })
  endWithUs(child)
  await said(child, /Server is ready to receive web requests/)
  const url = `http://${address}`
  // It finds its targets some seconds after it is ready; what was counted before its first two scrapes it cannot know.
  const scrapes = async () =>
    (await (await fetch(`${url}/api/v1/query?query=count_over_time(up[1m])`)).text()).match(/"value":\[[^,]+,"(\d+)"\]/)?.[1]
  await eventually(scrapes, (count) => Number(count ?? 0) >= 2, 30_000)
  return {
    url,
    stop: async () => {
      await end(child)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** What the process wrote that matches. @throws Error if it ends before, or cannot be started. */
function said(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((done, reject) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => {
        // After the match nobody needs it, and a chatty process must not fill our memory.
        if (output.length < 100_000) output += text
        const match = pattern.exec(output)
        if (match !== null) done(match)
      })
    }
    child.once('error', (error) => reject(new Error(`${child.spawnfile} cannot be started: ${error.message}`)))
    child.once('close', (code) => reject(new Error(`${child.spawnfile} ended with ${code}: ${output}`)))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('close', done))
  child.kill('SIGTERM')
  await gone
}
