import { FORKPOOL_BIN, ROOT, SOURCE_FLAGS } from './repository.ts'
import { RunningProcess } from './running-process.ts'

export interface CoordinatorSpec {
  /** 0: any free one. */
  readonly port: number
  /** Where its JSON log goes. */
  readonly logFile: string
  /** Further arguments of `forkpool serve`. */
  readonly args?: readonly string[] | undefined
  /** The folder where it keeps batches and results. Default: it keeps nothing (`--ephemeral`). */
  readonly dataDir?: string | undefined
  /** The folder that it runs in, and below which its file tasks may read. Default: the repository. */
  readonly cwd?: string | undefined
}

export interface Coordinator {
  readonly process: RunningProcess
  /** `http://127.0.0.1:7070` */
  readonly httpUrl: string
  /** `ws://127.0.0.1:7070` */
  readonly url: string
}

const START_TIMEOUT_MS = 30_000

/** Starts `forkpool serve` on 127.0.0.1 in a process of its own; resolves when it takes clients. Nothing runs after a failed start. */
export async function startCoordinator(spec: CoordinatorSpec): Promise<Coordinator> {
  const keeps = spec.dataDir === undefined ? ['--ephemeral'] : ['--data-dir', spec.dataDir]
  const serve = ['serve', '--host', '127.0.0.1', '--port', String(spec.port), ...keeps, ...(spec.args ?? [])]
  const running = await RunningProcess.start({
    name: 'coordinator',
    command: process.execPath,
    args: [...SOURCE_FLAGS, FORKPOOL_BIN, ...serve],
    cwd: spec.cwd ?? ROOT,
    output: 'lines',
    logFile: spec.logFile,
  })
  try {
    const [, httpUrl = ''] = await running.firstLine(/listening on (http:\/\/\S+)/, START_TIMEOUT_MS)
    return { process: running, httpUrl, url: httpUrl.replace(/^http/, 'ws') }
  } catch (error) {
    await running.stop()
    throw error
  }
}
