import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { FORKPOOL_BIN, inRepository, ROOT, runToEnd, SOURCE_FLAGS } from '../service/index.ts'
import { chooseFiles, writeItems } from './real-files.ts'

const CACHE = inRepository('.cache')

const POOL_SIZES = '2,4,8'

/** So much text makes one worker count for one to two seconds. */
const TEXT_BYTES = 128 * 1024 * 1024

/**
 * Compares pool sizes 2, 4 and 8 on a million squares and on the words of this repository's own files, and prints the table of each.
 * The command checks that all sizes gave the same results. Throws when a comparison fails.
 */
export async function runComparisons(url: string, signal: AbortSignal): Promise<void> {
  console.log('\nA million squares: work so small that sharing it out is most of the cost.')
  await compare(['square', '--items', '1..1000000', '--repeats', '3'], url, signal)

  // Inside of the repository, because the coordinator's file tasks read nothing outside of it.
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'showcase-'))
  try {
    const choice = chooseFiles(ROOT, TEXT_BYTES)
    const items = writeItems(ROOT, choice, folder)
    const megabytes = Math.round(choice.bytes / 1e6)
    console.log(`\nWords of ${choice.paths.length.toLocaleString('en')} files of this repository, ${megabytes} MB: work for the processor.`)
    await compare(['wordCountFile', '--items-file', items, '--repeats', '2'], url, signal)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compare(args: readonly string[], url: string, signal: AbortSignal): Promise<void> {
  const end = await runToEnd(
    {
      name: 'comparison',
      command: process.execPath,
      args: [...SOURCE_FLAGS, FORKPOOL_BIN, 'compare', ...args, '--pool-sizes', POOL_SIZES, '--url', url],
      cwd: ROOT,
      output: 'terminal',
    },
    signal,
  )
  signal.throwIfAborted()
  if (end.exitCode !== 0) throw new Error(`the comparison of ${String(args[0])} failed (exit code ${String(end.exitCode)})`)
}
