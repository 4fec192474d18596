import { ForkpoolError, nearestNames } from '@forkpool/pool-core/base'
import type { Option } from '../config/option.ts'
import { flagName } from '../config/flag-name.ts'
import type { Command, Flags } from './command.ts'

/** Reads one subcommand's words. `--` ends the options; a lone `-`, and a negative number, is an operand. */
export function parseCommandLine(
  command: Command,
  words: readonly string[],
): { readonly flags: Flags; readonly operands: readonly string[] } {
  const byFlag = new Map(Object.entries(command.options).map(([key, option]) => [flagName(key), { key, option }]))
  const flags: Record<string, string | boolean | string[]> = {}
  const operands: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') {
      operands.push(...words.slice(i + 1))
      break
    }
    if (!word.startsWith('-') || word === '-' || /^-[\d.]/.test(word)) {
      operands.push(word)
      continue
    }
    const [, name = '', , attached] = /^--?([^=]*)(=([\s\S]*))?$/.exec(word) ?? []
    const known = byFlag.get(name)
    if (known === undefined || !word.startsWith('--')) throw unknownOption(command, word, [...byFlag.keys()])
    const { key, option } = known
    let value: string | boolean
    if (option.placeholder === undefined) value = attached ?? true
    else {
      const given = attached ?? words[++i]
      if (given === undefined) throw new ForkpoolError('BAD_ARGUMENT', `--${name}: expected ${option.placeholder} after it`)
      value = given
    }
    assign(flags, key, option, name, value)
  }
  return { flags, operands }
}

function assign(
  flags: Record<string, string | boolean | string[]>,
  key: string,
  option: Option<unknown>,
  name: string,
  value: string | boolean,
): void {
  if (option.many) {
    const values = flags[key]
    if (Array.isArray(values)) values.push(String(value))
    else flags[key] = [String(value)]
  } else if (flags[key] !== undefined) throw new ForkpoolError('BAD_ARGUMENT', `--${name} was given twice`)
  else flags[key] = value
}

function unknownOption(command: Command, word: string, names: readonly string[]): ForkpoolError {
  const bare = word.replace(/^-+/, '').replace(/=.*/s, '')
  const nearest = nearestNames(bare, names, 2).map((name) => `--${name}`)
  const hint = nearest.length > 0 ? `did you mean ${nearest.join(' or ')}?` : `forkpool ${command.name} --help lists the options`
  return new ForkpoolError('BAD_ARGUMENT', `unknown option ${word.replace(/=.*/s, '')}; ${hint}`)
}
