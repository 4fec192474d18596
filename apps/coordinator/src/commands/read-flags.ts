import type { Option } from '../config/option.ts'
import { flagName } from '../config/flag-name.ts'
import type { Flags } from './command.ts'

type Values<Table> = { readonly [Key in keyof Table]: Table[Key] extends Option<infer Value> ? Value : never }

/** The typed values of a command's options; absent ones get their defaults. @throws ForkpoolError BAD_ARGUMENT that names the flag. */
export function readFlags<const Table extends Readonly<Record<string, Option<unknown>>>>(table: Table, flags: Flags): Values<Table> {
  const entries = Object.entries(table).map(([key, option]) => {
    const flag = flags[key]
    if (flag === undefined) return [key, option.default]
    if (option.many) return [key, flag]
    return [key, option.read(flag === true ? '' : String(flag), `--${flagName(key)}`)]
  })
  return Object.fromEntries(entries) as Values<Table>
}
