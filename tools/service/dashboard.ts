import { httpReady } from './http-ready.ts'
import { inRepository } from './repository.ts'
import { RunningProcess } from './running-process.ts'

export interface DashboardSpec {
  readonly mode: 'start' | 'dev'
  readonly port: number
  /** HTTP address of the coordinator that it shows. */
  readonly coordinatorUrl: string
  /** Where its charts come from; absent: from the coordinator's own samples. */
  readonly prometheusUrl?: string | undefined
  readonly logFile: string
}

export interface Dashboard {
  readonly process: RunningProcess
  readonly url: string
}

const START_TIMEOUT_MS = 60_000

/** Starts Next.js on 127.0.0.1; resolves when it serves its health page. `start` needs a build. Nothing runs after a failed start. */
export async function startDashboard(spec: DashboardSpec): Promise<Dashboard> {
  const running = await RunningProcess.start({
    name: 'dashboard',
    command: process.execPath,
    args: [inRepository('node_modules', 'next', 'dist', 'bin', 'next'), spec.mode, '--hostname', '127.0.0.1', '--port', String(spec.port)],
    cwd: inRepository('apps', 'dashboard'),
    env: {
      FORKPOOL_URL: spec.coordinatorUrl,
      NEXT_TELEMETRY_DISABLED: '1',
      ...(spec.prometheusUrl === undefined ? {} : { PROMETHEUS_URL: spec.prometheusUrl }),
    },
    output: 'log',
    logFile: spec.logFile,
  })
  const url = `http://127.0.0.1:${spec.port}`
  const over = new AbortController()
  try {
    await running.withinStart(httpReady(url, over.signal), START_TIMEOUT_MS)
    return { process: running, url }
  } catch (error) {
    over.abort()
    await running.stop()
    throw error
  }
}
