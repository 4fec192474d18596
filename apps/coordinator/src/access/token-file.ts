import { readFileSync } from 'node:fs'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { entryOf, parseTokenEntry } from './token-entry.ts'
import type { TokenEntry } from './token-entry.ts'

/** A plain token, of a file or of `FORKPOOL_TOKEN`, may do everything: so it was before there were roles. */
const PLAIN = { name: 'token', role: 'admin' } as const

/** The entry of a plain token. */
export function plainTokenEntry(token: string): TokenEntry {
  return entryOf(token, PLAIN)
}

/**
 * The tokens of a coordinator's token file: either one plain token, or a line for each token with role, name and hash; empty lines and
 * those that begin with `#` do not count.
 * @throws ForkpoolError BAD_ARGUMENT that names the file and the line, and repeats nothing that could be a token.
 */
export function readTokenEntries(file: string): readonly TokenEntry[] {
  const lines = readLines(file)
  const [only] = lines
  if (only === undefined)
    throw new ForkpoolError('BAD_ARGUMENT', `--token-file: ${file} is empty; expected a token, or lines with role, name and hash`)
  if (lines.length === 1 && !/\s/.test(only.text)) return [plainTokenEntry(only.text)]
  return lines.map(({ text, number }) => parseTokenEntry(text, `--token-file: ${file}, line ${number}`))
}

/**
 * The token in a client's token file; white space around it does not count.
 * @throws ForkpoolError BAD_ARGUMENT, also for a coordinator's file: what is in it recognises tokens, and is none.
 */
export function readPlainToken(file: string): string {
  const [only, ...more] = readLines(file)
  if (only === undefined) throw new ForkpoolError('BAD_ARGUMENT', `--token-file: ${file} is empty; expected the token`)
  if (more.length > 0 || /\s/.test(only.text))
    throw new ForkpoolError('BAD_ARGUMENT', `--token-file: ${file} is a coordinator's list of tokens; expected a file with one token in it`)
  return only.text
}

interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
}

function readLines(file: string): readonly Line[] {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `--token-file: cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
  const lines = content.split(/\r?\n/).map((text, i) => ({ text: text.trim(), number: i + 1 }))
  return lines.filter(({ text }) => text !== '' && !text.startsWith('#'))
}
