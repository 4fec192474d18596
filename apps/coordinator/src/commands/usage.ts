import { flagName } from '../config/flag-name.ts'
import type { Command } from './command.ts'

const WIDTH = 100
const INDENT = 28

/** The text of `forkpool COMMAND --help`. */
export function commandUsage(command: Command): string {
  const options = Object.entries(command.options).map(([key, option]) => {
    const flag = `  --${flagName(key)}${option.placeholder === undefined ? '' : ` ${option.placeholder}`}`
    const shown = typeof option.default === 'number' || typeof option.default === 'string' ? ` [${option.default}]` : ''
    const lines = wrap(option.doc + shown, WIDTH - INDENT)
    const [first = '', ...rest] = lines
    const head = flag.length < INDENT - 1 ? `${flag.padEnd(INDENT)}${first}` : `${flag}\n${' '.repeat(INDENT)}${first}`
    return [head, ...rest.map((line) => ' '.repeat(INDENT) + line)].join('\n')
  })
  const examples = command.examples.map((example) => `  ${example}`)
  const parts = [`forkpool ${command.name} ${command.operands}`.trimEnd(), '', command.summary]
  if (options.length > 0) parts.push('', 'Options:', ...options)
  if (examples.length > 0) parts.push('', 'Examples:', ...examples)
  return `${parts.join('\n')}\n`
}

/** The text of `forkpool --help`. */
export function programUsage(commands: readonly Command[]): string {
  const lines = commands.map((command) => `  ${`${command.name} ${command.operands}`.padEnd(INDENT)}  ${command.summary}`)
  return [
    'forkpool COMMAND [OPTION…]',
    '',
    'Process pools from one core to a cluster.',
    '',
    'Commands:',
    ...lines,
    '',
    'forkpool COMMAND --help tells more. Clients find the coordinator by --url or FORKPOOL_URL.',
    'Exit codes: 0 done, 1 a task or batch failed, 2 bad usage, 3 cannot reach the coordinator.',
    '',
  ].join('\n')
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
