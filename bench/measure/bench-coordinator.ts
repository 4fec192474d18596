import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoordinator, type Coordinator } from '@forkpool/tools/service'

/** Starts a coordinator of its own for a bench, on a free port, hands it over, and stops it again, whatever happens. */
export async function withCoordinator<Value>(run: (coordinator: Coordinator) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-bench-'))
  try {
    const coordinator = await startCoordinator({ port: 0, logFile: join(folder, 'coordinator.log'), args: ['--log-level', 'warn'] })
    try {
      return await run(coordinator)
    } finally {
      await coordinator.process.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
