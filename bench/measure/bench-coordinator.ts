import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepository, startCoordinator, type Coordinator } from '@forkpool/tools/service'

/**
 * Starts a coordinator of its own for a bench, on a free port, hands it over, and stops it again, whatever happens.
 * @param keeps `nothing` (`--ephemeral`), or `on-disk`: in a folder of the repository, as a temporary one may be memory.
 */
export async function withCoordinator<Value>(
  run: (coordinator: Coordinator) => Promise<Value>,
  keeps: 'nothing' | 'on-disk' = 'nothing',
): Promise<Value> {
  const folder = temporaryFolder(keeps)
  try {
    const coordinator = await startCoordinator({
      port: 0,
      logFile: join(folder, 'coordinator.log'),
      args: ['--log-level', 'warn'],
      dataDir: keeps === 'nothing' ? undefined : join(folder, 'data'),
    })
    try {
      return await run(coordinator)
    } finally {
      await coordinator.process.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function temporaryFolder(keeps: 'nothing' | 'on-disk'): string {
  const parent = keeps === 'nothing' ? tmpdir() : inRepository('.cache')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'forkpool-bench-'))
}
