import module from 'node:module'
import process from 'node:process'
import { ForkpoolError } from '@forkpool/pool-core/base'

/** `process.permission` under Node's permission model. */
interface Permission {
  has(scope: string): boolean
  drop?(scope: string): void
}

/**
 * Gives up what a worker under Node's permission model needs for its start only: from here on it writes no file and starts no thread. Does
 * nothing without the model. The watchdog has to run before.
 * @throws ForkpoolError NOT_SUPPORTED where Node cannot give a permission up: then no task may run.
 */
export function sealWorker(): void {
  const { permission } = process as { readonly permission?: Permission | undefined }
  if (permission === undefined) return
  if (permission.drop === undefined)
    throw new ForkpoolError(
      'NOT_SUPPORTED',
      `--worker-permissions: Node ${process.versions.node} cannot give permissions up; use 24.21 or newer`,
    )
  module.flushCompileCache()
  for (const scope of ['worker', 'fs.write', 'child', 'wasi', 'inspector']) if (permission.has(scope)) permission.drop(scope)
}
