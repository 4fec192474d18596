import { ForkpoolError } from '@forkpool/pool-core/base'
import { checkTokenEntries, parseTokenEntry } from '../access/token-entry.ts'
import type { TokenEntry } from '../access/token-entry.ts'
import { plainTokenEntry, readPlainToken, readTokenEntries } from '../access/token-file.ts'
import { readConfigFile } from './config-file.ts'
import { COORDINATOR_OPTIONS } from './coordinator-options.ts'
import { flagName, variableName } from './flag-name.ts'
import type { Option } from './option.ts'

type Options = Readonly<Record<string, Option<unknown>>>
type ValuesOf<Table extends Options> = { readonly [Key in keyof Table]: Table[Key] extends Option<infer Value> ? Value : never }

/** All settings, checked; `credentials` are the tokens that count, wherever they came from, none of them in clear. */
export type CoordinatorConfig = ValuesOf<typeof COORDINATOR_OPTIONS> & { readonly credentials: readonly TokenEntry[] }

type GivenFlags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>
type Variables = Readonly<Record<string, string | undefined>>

/**
 * Settings from flags, then variables, then the file that these name, then defaults. `flags` has the texts by option key; a key that is absent was not given.
 * @throws ForkpoolError BAD_ARGUMENT that names the flag or variable and what was expected.
 */
export function readConfig(flags: GivenFlags, variables: Variables): CoordinatorConfig {
  const environment = withConfigFile(flags, variables)
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(COORDINATOR_OPTIONS)) {
    const flag = flags[key]
    const variable = environment[variableName(key)]
    if (flag !== undefined) values[key] = readFlag(option, flag, `--${flagName(key)}`)
    else if (variable !== undefined && variable !== '') values[key] = option.read(variable, variableName(key))
    else values[key] = option.default
  }
  const config = values as ValuesOf<typeof COORDINATOR_OPTIONS>
  const ours = config.workerEnv.find((name) => name.startsWith('FORKPOOL_'))
  if (ours !== undefined)
    throw new ForkpoolError('BAD_ARGUMENT', `--worker-env: ${ours} is a setting of the coordinator; tasks never see those`)
  if (config.maxWorkers < config.workers) {
    if (flags['workers'] !== undefined)
      throw new ForkpoolError('BAD_ARGUMENT', `--workers: ${config.workers} is more than --max-workers ${config.maxWorkers}`)
    values['workers'] = config.maxWorkers
  }
  return {
    ...config,
    workers: Math.min(config.workers, config.maxWorkers),
    credentials: readCredentials(config, environment['FORKPOOL_TOKEN']),
  }
}

/** The variables, and behind them those of the file. */
function withConfigFile(flags: GivenFlags, variables: Variables): Variables {
  const file = flags['configFile'] ?? variables['FORKPOOL_CONFIG_FILE']
  if (typeof file !== 'string' || file === '') return variables
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''))
  return { ...readConfigFile(file, Object.keys(COORDINATOR_OPTIONS).map(variableName)), ...given }
}

function readFlag(option: Option<unknown>, flag: string | boolean | readonly string[], source: string): unknown {
  if (option.many) return typeof flag === 'object' ? flag : [String(flag)]
  return option.read(flag === true ? '' : String(flag), source)
}

/** The tokens of the file, else the plain one of the variable, and the entries of `--tokens` besides. */
function readCredentials(
  { tokenFile, tokens }: { readonly tokenFile: string | undefined; readonly tokens: readonly string[] },
  variable: string | undefined,
): readonly TokenEntry[] {
  const plain = variable === undefined || variable === '' ? [] : [plainTokenEntry(variable.trim())]
  const kept = tokenFile === undefined ? plain : readTokenEntries(tokenFile)
  const entries = [...kept, ...tokens.map((line, i) => parseTokenEntry(line, `--tokens, entry ${i + 1}`))]
  checkTokenEntries(entries)
  return entries
}

/** The token that a client shows: of a file, else of the variable; white space around it does not count. */
export function readToken(file: string | undefined, variable: string | undefined): string | undefined {
  if (file !== undefined) return readPlainToken(file)
  return variable === undefined || variable.trim() === '' ? undefined : variable.trim()
}
