import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { withheldVariables } from './inherited-variables.ts'

/** What a coordinator tells the worker that it forks. */
export interface WorkerEnvironment {
  /** Unix socket on which the coordinator waits for it. */
  readonly socketPath: string
  /** Proves the worker to the coordinator, once. */
  readonly token: string
  readonly workerId: string
  /** Task modules to load, absolute paths or `file:` URLs. */
  readonly taskModules: readonly string[]
  /** Folders below which the built-in tasks may read files. */
  readonly taskRoots: readonly string[]
  /** Process identifier of the coordinator: a worker with another parent has lost it. */
  readonly primaryPid: number
  /** After a small frame the worker stays awake so long for the next, milliseconds; 0: never. */
  readonly loopPollMs: number
}

/** The one variable that carries it all. */
const VARIABLE = 'FORKPOOL_WORKER'

/** Where Node keeps what it makes of source files. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/forkpool', import.meta.url))

/**
 * What makes a worker start sooner (measured, from source, eight at once on two cores: 4.1 s without, 1.1 s with; resident memory 100 MB
 * without, 71 MB with). The compile cache keeps what Node makes of each source file, types stripped, by the file's hash; it lies in this
 * package's own folder, because whoever can write to it can run code in a worker, and where that is read-only there is none. `ws` looks
 * for native helpers that are not installed, and would be of no use on a link without masks and text.
 */
const STARTS_SOONER: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: COMPILE_CACHE,
  WS_NO_BUFFER_UTIL: '1',
  WS_NO_UTF_8_VALIDATE: '1',
}

/**
 * The variables to fork a worker with: to be laid over those of the coordinator, `present`, most of which they take away.
 *
 * @param named variables that are let through besides.
 */
export function encodeWorkerEnvironment(
  environment: WorkerEnvironment,
  present: NodeJS.ProcessEnv,
  named: readonly string[],
): Record<string, string | undefined> {
  return { ...withheldVariables(present, named), ...STARTS_SOONER, [VARIABLE]: JSON.stringify(environment) }
}

/**
 * Reads what `encodeWorkerEnvironment` wrote, and deletes it and every other setting of a coordinator from `variables`, so that tasks, and the processes that
 * they start, do not find them there.
 * Errors: `BAD_ARGUMENT` where the variable is missing or not what it should be; then everything is deleted all the same.
 */
export function decodeWorkerEnvironment(variables: NodeJS.ProcessEnv): WorkerEnvironment {
  const text = variables[VARIABLE]
  for (const name of Object.keys(variables)) if (name.startsWith('FORKPOOL_') || name in STARTS_SOONER) delete variables[name]
  if (text === undefined)
    throw new ForkpoolError('BAD_ARGUMENT', `${VARIABLE} is not set: this program is started by a coordinator, never by hand`)
  const value = parse(text)
  if (!isWorkerEnvironment(value)) throw new ForkpoolError('BAD_ARGUMENT', `${VARIABLE} does not hold what a coordinator writes`)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isWorkerEnvironment(value: unknown): value is WorkerEnvironment {
  if (typeof value !== 'object' || value === null) return false
  const { socketPath, token, workerId, taskModules, taskRoots, primaryPid, loopPollMs } = value as Record<keyof WorkerEnvironment, unknown>
  return (
    typeof socketPath === 'string' &&
    path.isAbsolute(socketPath) &&
    [token, workerId].every((text) => typeof text === 'string' && text !== '') &&
    [taskModules, taskRoots].every((list) => Array.isArray(list) && list.every((entry) => typeof entry === 'string')) &&
    Number.isInteger(primaryPid) &&
    (primaryPid as number) > 0 &&
    typeof loopPollMs === 'number' &&
    loopPollMs >= 0
  )
}
