import { ForkpoolError } from '@forkpool/pool-core/base'
import { makeToken } from '../access/make-token.ts'
import { ROLES } from '../access/role.ts'
import { entryOf, formatTokenEntry, parseTokenEntry } from '../access/token-entry.ts'
import { choice, text, toggle } from '../config/option.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { readFlags } from './read-flags.ts'

const OPTIONS = {
  role: choice({ among: ROLES, default: 'submit', doc: 'read looks; submit also submits, cancels and compares; admin does everything.' }),
  name: text({ default: 'client', placeholder: 'NAME', doc: 'Whose it is: logs show it, never the token.' }),
  weight: text({
    default: undefined,
    placeholder: 'N',
    doc: 'Share of its clients beside those of other tokens, 0.01 to 100. Default: 1.',
  }),
  json: toggle({ doc: 'Print token and line as JSON.' }),
}

/** `forkpool token create`: makes a token; the coordinator's file needs only what it is recognised by. */
export const tokenCommand: Command = {
  name: 'token',
  operands: 'create',
  summary: 'Make a token for clients, and the line of the token file that lets it in.',
  options: OPTIONS,
  examples: ['forkpool token create --role submit --name nightly', 'forkpool token create --role read --name prometheus --json'],
  run: runToken,
}

function runToken(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode> {
  if (operands.length !== 1 || operands[0] !== 'create')
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `token: expected "create", got ${operands.length === 0 ? 'nothing' : `"${operands.join(' ')}"`}`,
    )
  const { role, name, weight, json } = readFlags(OPTIONS, flags)
  const token = makeToken()
  const line = `${formatTokenEntry(entryOf(token, { role, name }))}${weight === undefined ? '' : ` weight=${weight}`}`
  // The coordinator would refuse a line with this name or weight: better said here than there.
  parseTokenEntry(line, weight === undefined ? '--name' : '--name, --weight')
  terminal.stdout.write(
    json
      ? `${JSON.stringify({ role, name, token, line })}\n`
      : `Token, for the client (it is shown this once):\n  ${token}\nLine for the coordinator's --token-file:\n  ${line}\n`,
  )
  return Promise.resolve(EXIT.done)
}
