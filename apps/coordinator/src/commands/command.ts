import type { Option } from '../config/option.ts'
import type { ExitCode } from './exit-code.ts'

/** Where a command reads and writes; tests bring their own. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal
}

/** What was typed, by option key: texts, `true` for a switch, lists for options that may come several times. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** One subcommand of `forkpool`. */
export interface Command {
  readonly name: string
  /** Operands as usage texts show them: `TASK [ITEM…]`. */
  readonly operands: string
  readonly summary: string
  readonly options: Readonly<Record<string, Option<unknown>>>
  readonly examples: readonly string[]
  run(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode>
}
