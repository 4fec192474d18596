import { ForkpoolError, nearestNames } from '@forkpool/pool-core/base'
import { VERSION } from '../version.ts'
import { adviseCommand } from './advise.ts'
import { backupCommand } from './backup.ts'
import type { Command, Terminal } from './command.ts'
import { compareCommand } from './compare.ts'
import { errorText } from './error-text.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { batchesCommand, cancelCommand, poolsCommand, statusCommand, tasksCommand, workersCommand } from './look.ts'
import { quarantineCommand } from './quarantine.ts'
import { mapCommand } from './map.ts'
import { resultsCommand } from './results.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { serveCommand } from './serve.ts'
import { tokenCommand } from './token.ts'
import { topCommand } from './top/top.ts'
import { commandUsage, programUsage } from './usage.ts'
import { verifyCommand } from './verify.ts'

/** Every subcommand, in the order of the usage text. */
const COMMANDS: readonly Command[] = [
  serveCommand,
  mapCommand,
  resultsCommand,
  compareCommand,
  adviseCommand,
  batchesCommand,
  poolsCommand,
  workersCommand,
  tasksCommand,
  statusCommand,
  topCommand,
  cancelCommand,
  quarantineCommand,
  verifyCommand,
  backupCommand,
  tokenCommand,
]

/** Runs `forkpool` with these words; resolves to the exit code. Errors become one clear message on standard error, never a stack. */
export async function runProgram(terminal: Terminal, words: readonly string[]): Promise<number> {
  const [name, ...rest] = words
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(terminal, rest[0])
    if (name === '--version' || name === 'version') {
      terminal.stdout.write(`forkpool ${VERSION}\n`)
      return EXIT.done
    }
    const command = findCommand(name)
    const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
    if (options.includes('--help') || options.includes('-h')) return help(terminal, name)
    const { flags, operands } = parseCommandLine(command, rest)
    return await command.run(terminal, flags, operands)
  } catch (error) {
    if (terminal.signal.aborted) {
      terminal.stderr.write('forkpool: stopped\n')
      return EXIT.failed
    }
    terminal.stderr.write(`forkpool: ${errorText(error)}\n`)
    return exitCodeOf(error)
  }
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const names = COMMANDS.map((candidate) => candidate.name)
  const nearest = nearestNames(name, names, 2)
  const hint = nearest.length > 0 ? `did you mean ${nearest.join(' or ')}?` : `there are ${names.join(', ')}`
  throw new ForkpoolError('BAD_ARGUMENT', `unknown command "${name}"; ${hint}`)
}

function help(terminal: Terminal, name: string | undefined): number {
  terminal.stdout.write(name === undefined ? programUsage(COMMANDS) : commandUsage(findCommand(name)))
  return EXIT.done
}
