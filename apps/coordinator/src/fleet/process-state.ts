import { readFile } from 'node:fs/promises'

/** Whether a process is stopped by a signal, from /proc. Rejects where there is none: elsewhere nobody can tell, and for a process that is gone. */
export async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name of the program stands in brackets and may hold brackets and spaces itself.
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
}
