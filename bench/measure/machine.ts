import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'

/** Where and with what a figure was measured; it says little without. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** Load over the last minute before the measurement: above the number of cores, others were at work. */
  readonly loadBefore: number
  /** The commit that was measured; `+` where files differ from it. */
  readonly commit: string
  /** Versions of the other programs and packages that took part. */
  readonly versions: Readonly<Record<string, string>>
}

export function describeMachine(versions: Readonly<Record<string, string>>): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    commit: commit(),
    versions,
  }
}

/** One line a fact. */
export function renderMachine(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `machine   ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `versions  ${[`node ${machine.node}`, ...versions].join(', ')}, commit ${machine.commit}`,
    `load      ${machine.loadBefore} over the minute before${machine.loadBefore > machine.cores / 2 ? ': others are at work, mistrust the figures' : ''}`,
  ].join('\n')
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
