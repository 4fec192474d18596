import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ForkpoolError, nearestNames } from '@forkpool/pool-core/base'

/**
 * The settings in a file: lines such as `FORKPOOL_LOG_LEVEL=debug`, by the names of their variables; `#` begins a comment. `known` are the names that may stand there.
 * @throws ForkpoolError BAD_ARGUMENT that names the file and what is wrong, and repeats no value.
 */
export function readConfigFile(file: string, known: readonly string[]): Readonly<Record<string, string>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `--config-file: cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (name === 'FORKPOOL_TOKEN')
      throw new ForkpoolError('BAD_ARGUMENT', `--config-file: ${file}: a token stands in a file of its own (FORKPOOL_TOKEN_FILE)`)
    if (!known.includes(name)) {
      const [nearest] = nearestNames(name, known, 1)
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
      throw new ForkpoolError('BAD_ARGUMENT', `--config-file: ${file}: ${name.slice(0, 100)} is no setting of the coordinator${hint}`)
    }
    values[name] = value ?? ''
  }
  return values
}
