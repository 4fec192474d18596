import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What the system says of a process. */
export interface SeenProcess {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly state: string
}

/** Live processes of a process group, from /proc; the dead that nobody has looked at do not count. */
export function processesOfGroup(group: number): readonly SeenProcess[] {
  return processes().filter((each) => each.group === group && each.state !== 'Z')
}

/** Workers of a coordinator: its children. */
export function childrenOf(parent: number): readonly number[] {
  return processes()
    .filter((each) => each.parent === parent && each.state !== 'Z')
    .map(({ pid }) => pid)
}

/** What the descriptors of a process are, how many of each. */
export function descriptorsOf(pid: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(`/proc/${pid}/fd/${name}`)
    if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** Sends a signal; false where the process is gone. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

function processes(): readonly SeenProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const seen = /^\d+$/.test(name) ? look(Number(name)) : undefined
    return seen === undefined ? [] : [seen]
  })
}

function look(pid: number): SeenProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program stands in brackets and may hold brackets and spaces itself.
    const [state = '', parent = '', group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: Number(parent), group: Number(group), state }
  } catch {
    return undefined
  }
}

/** `socket`, `pipe`, `anon_inode`, or the path of a file. */
function kindOf(path: string): string | undefined {
  try {
    return readlinkSync(path).replace(/:.*$/, '')
  } catch {
    return undefined
  }
}
