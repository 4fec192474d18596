/** The program that starts one pool and says what that cost: `node start-up-process.ts NAME`. */
import { readFileSync } from 'node:fs'
import { FORKPOOL_PROCESSES, FORKPOOL_THREADS, PEERS } from './kinds.ts'
import type { StartUp } from './start-up.ts'

const SIZE = 2

/** A computation of some milliseconds, so that the second call goes to the second worker. */
const ROUNDS = 5_000_000

/** Long enough for a pool to become still. */
const SETTLE_MS = 300

async function main(name: string): Promise<StartUp> {
  const kind = [FORKPOOL_THREADS, FORKPOOL_PROCESSES, ...PEERS].find((each) => each.name === name)
  if (kind === undefined) throw new Error(`there is no pool ${name}`)
  const before = memory(process.pid)
  const startedAt = performance.now()
  const pool = await kind.open(SIZE)
  await Promise.all([pool.burn(ROUNDS), pool.burn(ROUNDS)])
  const milliseconds = performance.now() - startedAt
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const workers = kind.workers === 'processes' ? descendants(process.pid).map(memory) : [memory(process.pid) - before]
  const megabytesPerWorker = workers.reduce((sum, each) => sum + each, 0) / SIZE / 1e6
  await pool.stop()
  return { milliseconds, megabytesPerWorker }
}

/** Bytes that would be free if the process ended, and its share of what it has in common with others (PSS): a shared page counts once. */
function memory(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  return Number(kibibytes) * 1024
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

console.log(JSON.stringify(await main(process.argv[2] ?? '')))
process.exit(0)
