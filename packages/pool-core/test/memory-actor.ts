import { SharedMemory } from '../src/sync/index.ts'

/**
 * A program for the tests of shared memory: `node memory-actor.ts create|attach NAME end|exit|wait`. It says `ready`, and then ends by
 * itself, calls process.exit, or waits to be killed.
 */
const [how, name, then] = process.argv.slice(2)
const shared = how === 'create' ? SharedMemory.create({ size: 4096, name }) : SharedMemory.attach(name ?? '')
shared.bytes[0] = (shared.bytes[0] ?? 0) + 1
process.stdout.write('ready\n')
if (then === 'exit') process.exit(3)
if (then === 'wait') process.stdin.resume()
