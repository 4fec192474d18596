import { ForkpoolError } from '../base/index.ts'

/** What Node's permission model calls what it denies, and what that means for a task. */
const DEEDS: Readonly<Record<string, string>> = {
  FileSystemRead: 'read',
  FileSystemWrite: 'write',
  ChildProcess: 'start',
  WorkerThreads: 'start threads',
  WASI: 'use WASI',
  Inspector: 'open an inspector',
}

/**
 * What a task ran into under Node's permission model, told so that the task's author understands it; undefined for any other error. Node's own
 * words name a flag of the worker's command line, which nobody wrote.
 */
export function deniedByNode(thrown: unknown): ForkpoolError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const { code, permission, resource } = thrown as { code?: unknown; permission?: unknown; resource?: unknown }
  if (code === 'ERR_DLOPEN_DISABLED') return denied('load native addons', thrown)
  if (code !== 'ERR_ACCESS_DENIED') return undefined
  const deed = DEEDS[String(permission)] ?? `use what Node calls ${String(permission)}`
  return denied(typeof resource === 'string' && resource !== '' ? `${deed} ${resource}` : deed, thrown)
}

function denied(deed: string, cause: Error): ForkpoolError {
  return new ForkpoolError('NOT_ALLOWED', `this worker may not ${deed}: it runs under Node's permission model`, { cause })
}
