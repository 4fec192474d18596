import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpReady } from './http-ready.ts'
import { inRepository } from './repository.ts'
import { RunningProcess } from './running-process.ts'

export interface PrometheusSpec {
  /** Path of the program. */
  readonly program: string
  readonly port: number
  /** HTTP address of the coordinator that it scrapes. */
  readonly coordinatorUrl: string
  readonly logFile: string
}

export interface Prometheus {
  readonly process: RunningProcess
  readonly url: string
  /** Stops it and deletes its data. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 30_000

/** The coordinator's address in infra/prometheus/prometheus.yml. */
const TARGET = /127\.0\.0\.1:7070/g

/**
 * Starts Prometheus on 127.0.0.1 with the configuration of infra/prometheus, scraping this coordinator; data in a temporary folder.
 * Resolves when it answers queries. Nothing runs or lies about after a failed start.
 */
export async function startPrometheus(spec: PrometheusSpec): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-prometheus-'))
  // Rule files are found beside the configuration, so the whole folder is copied.
  cpSync(inRepository('infra', 'prometheus'), folder, { recursive: true })
  const config = join(folder, 'prometheus.yml')
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll(TARGET, new URL(spec.coordinatorUrl).host))
  const clean = (): void => rmSync(folder, { recursive: true, force: true })
  let running: RunningProcess | undefined
  const over = new AbortController()
  try {
    running = await RunningProcess.start({
      name: 'Prometheus',
      command: spec.program,
      args: [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${spec.port}`],
      cwd: folder,
      output: 'log',
      logFile: spec.logFile,
    })
    const url = `http://127.0.0.1:${spec.port}`
    await running.withinStart(httpReady(`${url}/-/ready`, over.signal), START_TIMEOUT_MS)
    const started = running
    return { process: started, url, stop: () => started.stop().finally(clean) }
  } catch (error) {
    over.abort()
    await running?.stop()
    clean()
    throw error
  }
}
