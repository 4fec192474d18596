import { resolve } from 'node:path'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { COORDINATOR_OPTIONS } from '../config/coordinator-options.ts'
import { defaultDataDir } from '../config/default-data-dir.ts'
import { backUp } from '../engine/embedded/back-up.ts'
import type { Command } from './command.ts'
import { EXIT } from './exit-code.ts'
import { readFlags } from './read-flags.ts'
import { formatBytes } from './table.ts'

const OPTIONS = { dataDir: COORDINATOR_OPTIONS.dataDir, port: COORDINATOR_OPTIONS.port }

/** `forkpool backup FOLDER`: on the coordinator's own machine, by its user. */
export const backupCommand: Command = {
  name: 'backup',
  operands: 'FOLDER',
  summary: 'Copy the data directory of a coordinator, which may run, into a new folder.',
  options: OPTIONS,
  examples: ['forkpool backup /backup/forkpool-monday --data-dir /var/lib/forkpool'],
  async run({ environment, stdout }, flags, operands) {
    const [target, ...more] = operands
    if (target === undefined || more.length > 0) throw new ForkpoolError('BAD_ARGUMENT', 'backup: expected one folder to copy into')
    const { port, dataDir = environment['FORKPOOL_DATA_DIR'] } = readFlags(OPTIONS, flags)
    const source = dataDir === undefined || dataDir === '' ? defaultDataDir(port, environment) : resolve(dataDir)
    if (source === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'backup: with --port 0 nothing is kept; name --data-dir')
    const bytes = await backUp(source, resolve(target))
    stdout.write(`${source} is copied to ${resolve(target)}: ${formatBytes(bytes)}\n`)
    return EXIT.done
  },
}
