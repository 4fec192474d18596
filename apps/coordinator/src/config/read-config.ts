import { readFileSync } from 'node:fs'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { COORDINATOR_OPTIONS } from './coordinator-options.ts'
import type { Option } from './option.ts'

type Options = Readonly<Record<string, Option<unknown>>>
type ValuesOf<Table extends Options> = { readonly [Key in keyof Table]: Table[Key] extends Option<infer Value> ? Value : never }

/** All settings, checked; `token` is the secret itself, wherever it came from. */
export type CoordinatorConfig = ValuesOf<typeof COORDINATOR_OPTIONS> & { readonly token: string | undefined }

/** `maxWorkers` → `max-workers`. */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `maxWorkers` → `FORKPOOL_MAX_WORKERS`. */
export function variableName(key: string): string {
  return `FORKPOOL_${flagName(key).replaceAll('-', '_').toUpperCase()}`
}

/**
 * Settings from flags, then variables, then defaults. `flags` has the texts by option key; a key that is absent was not given.
 * @throws ForkpoolError BAD_ARGUMENT that names the flag or variable and what was expected.
 */
export function readConfig(
  flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): CoordinatorConfig {
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(COORDINATOR_OPTIONS)) {
    const flag = flags[key]
    const variable = environment[variableName(key)]
    if (flag !== undefined) values[key] = readFlag(option, flag, `--${flagName(key)}`)
    else if (variable !== undefined && variable !== '') values[key] = option.read(variable, variableName(key))
    else values[key] = option.default
  }
  const config = values as ValuesOf<typeof COORDINATOR_OPTIONS>
  if (config.maxWorkers < config.workers) {
    if (flags['workers'] !== undefined)
      throw new ForkpoolError('BAD_ARGUMENT', `--workers: ${config.workers} is more than --max-workers ${config.maxWorkers}`)
    values['workers'] = config.maxWorkers
  }
  return {
    ...config,
    workers: Math.min(config.workers, config.maxWorkers),
    token: readToken(config.tokenFile, environment['FORKPOOL_TOKEN']),
  }
}

function readFlag(option: Option<unknown>, flag: string | boolean | readonly string[], source: string): unknown {
  if (option.many) return typeof flag === 'object' ? flag : [String(flag)]
  return option.read(flag === true ? '' : String(flag), source)
}

/** The token of a file, else of the variable; white space around it does not count. */
export function readToken(file: string | undefined, variable: string | undefined): string | undefined {
  if (file === undefined) return variable === '' ? undefined : variable
  let content: string
  try {
    content = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `--token-file: cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
  if (content === '') throw new ForkpoolError('BAD_ARGUMENT', `--token-file: ${file} is empty; expected the token`)
  return content
}
