import { resolve } from 'node:path'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { isLoopback } from '../access/access.ts'
import { makeToken } from '../access/make-token.ts'
import { plainTokenEntry } from '../access/token-file.ts'
import { composeCoordinator } from '../compose.ts'
import { COORDINATOR_OPTIONS } from '../config/coordinator-options.ts'
import { defaultDataDir } from '../config/default-data-dir.ts'
import { readConfig } from '../config/read-config.ts'
import type { CoordinatorConfig } from '../config/read-config.ts'
import { createLog } from '../log.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { EXIT } from './exit-code.ts'
import { countBuffersAsHeap } from './memory-flags.ts'
import type { ExitCode } from './exit-code.ts'

/** `forkpool serve`: the coordinator, in the foreground, until SIGINT or SIGTERM. */
export const serveCommand: Command = {
  name: 'serve',
  operands: '',
  summary: 'Start the coordinator and its workers.',
  options: COORDINATOR_OPTIONS,
  examples: ['forkpool serve --tasks ./tasks.ts', 'FORKPOOL_TOKEN=… forkpool serve --host 0.0.0.0 --port 7070'],
  run: runServe,
}

async function runServe(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode> {
  if (operands.length > 0)
    throw new ForkpoolError('BAD_ARGUMENT', `serve: takes no operand, got "${operands[0]}"; task modules go after --tasks`)
  countBuffersAsHeap()
  const config = readServeConfig(terminal, flags)
  const log = createLog(config.logLevel)
  const failed = Promise.withResolvers<never>()
  // Nobody may be waiting yet, or any more, when a late worker finds its module broken.
  failed.promise.catch(() => undefined)
  const coordinator = composeCoordinator(config, { log, onFatal: (error) => failed.reject(error) })
  const { service } = coordinator
  const stopped = new Promise<void>((resolveStopped) => terminal.signal.addEventListener('abort', () => resolveStopped(), { once: true }))
  if (terminal.signal.aborted) return EXIT.done
  try {
    // A signal while the workers start must not have to wait for them.
    const started = service.start().then(() => 'started' as const)
    started.catch(() => undefined)
    if ((await Promise.race([started, stopped, failed.promise])) === 'started') {
      terminal.stdout.write(`forkpool: listening on ${coordinator.url()}\n`)
      log.info({ url: coordinator.url(), workers: config.workers, maxWorkers: config.maxWorkers }, 'listening')
      await Promise.race([stopped, failed.promise])
      log.info('draining')
      await coordinator.drain()
    }
  } finally {
    await service.stop()
  }
  log.info('stopped')
  return EXIT.done
}

/** Settings with paths made absolute, and a token made where one is needed and none was given. */
function readServeConfig(terminal: Terminal, flags: Flags): CoordinatorConfig {
  const config = readConfig(flags, terminal.environment)
  const absolute = {
    ...config,
    tasks: config.tasks.map((path) => resolve(path)),
    dataDir: config.dataDir === undefined ? defaultDataDir(config.port, terminal.environment) : resolve(config.dataDir),
    taskRoots: (config.taskRoots.length > 0 ? config.taskRoots : [process.cwd()]).map((path) => resolve(path)),
  }
  if (isLoopback(config.host) || config.credentials.length > 0) return absolute
  const token = makeToken()
  terminal.stdout.write(`forkpool: ${config.host} can be reached from other machines; clients need this token: ${token}\n`)
  return { ...absolute, credentials: [plainTokenEntry(token)] }
}
