/**
 * Every `npm run` that must work on a clean clone starts here: `node tools/bootstrap.mjs COMMAND [args]`.
 * Plain JavaScript without dependencies, for any Node from 18: it installs the npm packages where they are missing or out of date, then
 * runs the command's script under the project's own Node. Its exit code is the command's.
 */
import { fileURLToPath } from 'node:url'
import { handOver } from './bootstrap/hand-over.mjs'
import { installPackages } from './bootstrap/install-packages.mjs'
import { findNode } from './bootstrap/own-node.mjs'

/** The program of each command. */
const SCRIPTS = new Map([
  ['start', './commands/start.ts'],
  ['demo', './commands/demo.ts'],
  ['test', './commands/test.ts'],
  ['test:faults', '../fault-tests/run.ts'],
  ['check', './commands/check.ts'],
  ['dev', './commands/dev.ts'],
  ['bench', '../bench/run.ts'],
])

const root = fileURLToPath(new URL('..', import.meta.url))
const [command = '', ...args] = process.argv.slice(2)
const script = SCRIPTS.get(command)

if (script === undefined) {
  console.error(`forkpool: unknown command "${command}"; expected one of ${[...SCRIPTS.keys()].join(', ')}`)
  process.exit(2)
}
try {
  await installPackages(root)
  const node = findNode(root)
  process.exitCode = await handOver(node, root, fileURLToPath(new URL(script, import.meta.url)), args)
} catch (error) {
  console.error(`forkpool: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
