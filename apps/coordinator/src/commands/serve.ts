import { resolve } from 'node:path'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { isLoopback } from '../access/access.ts'
import { makeToken } from '../access/make-token.ts'
import { plainTokenEntry } from '../access/token-file.ts'
import { composeCoordinator } from '../compose.ts'
import type { Coordinator } from '../compose.ts'
import { COORDINATOR_OPTIONS } from '../config/coordinator-options.ts'
import { defaultDataDir } from '../config/default-data-dir.ts'
import { readConfig } from '../config/read-config.ts'
import type { CoordinatorConfig } from '../config/read-config.ts'
import { createLog } from '../log.ts'
import type { Log } from '../log.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { EXIT } from './exit-code.ts'
import { collectBuffersInTime } from './memory-flags.ts'
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
  collectBuffersInTime()
  const config = withToken(readSettings(terminal, flags), terminal)
  const log = createLog(config.logLevel)
  const failed = Promise.withResolvers<never>()
  // Nobody may be waiting yet, or any more, when a late worker finds its module broken.
  failed.promise.catch(() => undefined)
  const coordinator = composeCoordinator(config, { log, onFatal: (error) => failed.reject(error) })
  const { service } = coordinator
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  terminal.signal.addEventListener('abort', () => stop(), { once: true })
  if (terminal.signal.aborted) return EXIT.done
  const readAgain = (): CoordinatorConfig => readSettings(terminal, flags)
  onHangUp(terminal, stop, reloading(coordinator, config, readAgain, log))
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

/** SIGHUP tells a service to read its settings again, and a program on a terminal that the terminal is gone: then it stops in good order. */
function onHangUp({ stdin }: Terminal, stop: () => void, reload: () => void): void {
  process.on('SIGHUP', () => (stdin.isTTY ? stop() : reload()))
}

/** Reads the settings again and has them taken; what is bad is told in the log, and changes nothing. */
function reloading(coordinator: Coordinator, first: CoordinatorConfig, read: () => CoordinatorConfig, log: Log): () => void {
  let config = first
  return () => {
    try {
      const next = read()
      coordinator.reload(config, next)
      config = next
    } catch (error) {
      log.error({ error: (error as Error).message }, 'settings not taken anew: those of before stay')
    }
  }
}

/** Settings with paths made absolute. */
function readSettings(terminal: Terminal, flags: Flags): CoordinatorConfig {
  const config = readConfig(flags, terminal.environment)
  return {
    ...config,
    tasks: config.tasks.map((path) => resolve(path)),
    dataDir: config.dataDir === undefined ? defaultDataDir(config.port, terminal.environment) : resolve(config.dataDir),
    taskRoots: (config.taskRoots.length > 0 ? config.taskRoots : [process.cwd()]).map((path) => resolve(path)),
  }
}

/** With a token made for this run where one is needed and none was given. */
function withToken(config: CoordinatorConfig, terminal: Terminal): CoordinatorConfig {
  if (isLoopback(config.host) || config.credentials.length > 0) return config
  const token = makeToken()
  terminal.stdout.write(`forkpool: ${config.host} can be reached from other machines; clients need this token: ${token}\n`)
  return { ...config, credentials: [plainTokenEntry(token)] }
}
