import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** What a process left behind in its group may take so long to end by itself: a worker whose parent is gone needs up to a second. */
const GROUP_GRACE_MS = 2_000

const CHECK_MS = 25

/** Windows has no process groups. */
export const HAS_GROUPS: boolean = process.platform !== 'win32'

const HAS_PROC = process.platform === 'linux'

/** Waits until the group of a process that is gone is empty too; what is still there after the grace is killed. */
export async function endGroup(group: number): Promise<void> {
  if (await isEmptyWithin(group, GROUP_GRACE_MS)) return
  signalGroup(group, 'SIGKILL')
  await isEmptyWithin(group, GROUP_GRACE_MS)
}

/** False when the group has no process any more, and where the system knows no groups. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return HAS_GROUPS && signalProcess(-group, signal)
}

/** Whether a process runs. One that is dead and only waits for its parent to look at it does not. */
export function isAlive(pid: number): boolean {
  return signalProcess(pid, 0) && stateOf(pid)?.state !== 'Z'
}

async function isEmptyWithin(group: number, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += CHECK_MS) {
    if (!isGroupAlive(group)) return true
    await delay(CHECK_MS)
  }
  return false
}

/** The dead that nobody has looked at stay in their group, in a container for a second and more: they do not count. */
function isGroupAlive(group: number): boolean {
  if (!signalGroup(group, 0)) return false
  if (!HAS_PROC) return true
  return readdirSync('/proc').some((name) => {
    const found = /^\d+$/.test(name) ? stateOf(Number(name)) : undefined
    return found !== undefined && found.group === group && found.state !== 'Z'
  })
}

/** False when there is no such process. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/** Undefined for a process that is gone, and where there is no /proc. */
function stateOf(pid: number): { readonly state: string; readonly group: number } | undefined {
  if (!HAS_PROC) return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program stands in brackets and may hold brackets and spaces itself.
    const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, group: Number(group) }
  } catch {
    return undefined
  }
}
