import { fileURLToPath } from 'node:url'
import type { ProcessPool, ThreadPool } from '@forkpool/pool-core'
import type { BenchPool, BenchPoolKind } from './bench-pool.ts'

const TASKS = new URL('./workers/tasks.mjs', import.meta.url)
const WORKERPOOL = fileURLToPath(new URL('./workers/workerpool-worker.mjs', import.meta.url))
const POOLIFIER_THREAD = fileURLToPath(new URL('./workers/poolifier-thread.mjs', import.meta.url))
const POOLIFIER_CLUSTER = fileURLToPath(new URL('./workers/poolifier-cluster.mjs', import.meta.url))

/** The functions of `workers/tasks.mjs`. */
interface Tasks {
  square(n: number): number
  burn(rounds: number): number
}

/** Packages are loaded when their pool is opened: one that is measured alone pays for itself alone. */
export const FORKPOOL_THREADS: BenchPoolKind = {
  name: 'forkpool ThreadPool',
  package: undefined,
  workers: 'threads',
  open: async (size) => own(new (await import('@forkpool/pool-core')).ThreadPool<Tasks>(TASKS, { size, minSize: size })),
}

export const FORKPOOL_PROCESSES: BenchPoolKind = {
  name: 'forkpool ProcessPool',
  package: undefined,
  workers: 'processes',
  open: async (size) => own(new (await import('@forkpool/pool-core')).ProcessPool<Tasks>(TASKS, { size, minSize: size })),
}

export const POOLIFIER_THREADS: BenchPoolKind = {
  name: 'poolifier FixedThreadPool',
  package: 'poolifier',
  workers: 'threads',
  async open(size) {
    const { FixedThreadPool } = await import('poolifier')
    return poolifier(new FixedThreadPool<number, number>(size, POOLIFIER_THREAD))
  },
}

const POOLIFIER_CLUSTERS: BenchPoolKind = {
  name: 'poolifier FixedClusterPool',
  package: 'poolifier',
  workers: 'processes',
  async open(size) {
    const { FixedClusterPool } = await import('poolifier')
    return poolifier(new FixedClusterPool<number, number>(size, POOLIFIER_CLUSTER))
  },
}

export const TINYPOOL_PROCESSES: BenchPoolKind = tinypool('child_process', 'processes')

/** This package's. */
export const FORKPOOL: readonly BenchPoolKind[] = [FORKPOOL_THREADS, FORKPOOL_PROCESSES]

/** Everybody else's. */
export const PEERS: readonly BenchPoolKind[] = [
  {
    name: 'piscina',
    package: 'piscina',
    workers: 'threads',
    async open(size) {
      const { Piscina } = await import('piscina')
      const pool = new Piscina({ filename: TASKS.href, minThreads: size, maxThreads: size })
      return {
        square: (n) => pool.run(n, { name: 'square' }) as Promise<number>,
        burn: (rounds) => pool.run(rounds, { name: 'burn' }) as Promise<number>,
        stop: () => pool.destroy(),
      }
    },
  },
  tinypool('worker_threads', 'threads'),
  TINYPOOL_PROCESSES,
  workerpool('thread', 'threads'),
  workerpool('process', 'processes'),
  POOLIFIER_THREADS,
  POOLIFIER_CLUSTERS,
]

function own(pool: ThreadPool<Tasks> | ProcessPool<Tasks>): BenchPool {
  return {
    square: (n) => pool.submit('square', n),
    burn: (rounds) => pool.submit('burn', rounds),
    stop: () => pool.close(),
  }
}

function tinypool(runtime: 'worker_threads' | 'child_process', workers: BenchPoolKind['workers']): BenchPoolKind {
  return {
    name: `tinypool ${runtime}`,
    package: 'tinypool',
    workers,
    async open(size) {
      const { Tinypool } = await import('tinypool')
      const pool = new Tinypool({ filename: TASKS.href, runtime, minThreads: size, maxThreads: size })
      return {
        square: (n) => pool.run(n, { name: 'square' }) as Promise<number>,
        burn: (rounds) => pool.run(rounds, { name: 'burn' }) as Promise<number>,
        stop: () => pool.destroy(),
      }
    },
  }
}

function workerpool(workerType: 'thread' | 'process', workers: BenchPoolKind['workers']): BenchPoolKind {
  return {
    name: `workerpool ${workerType}`,
    package: 'workerpool',
    workers,
    async open(size) {
      const { default: library } = await import('workerpool')
      const pool = library.pool(WORKERPOOL, { workerType, minWorkers: size, maxWorkers: size })
      return {
        square: (n) => pool.exec('square', [n]) as PromiseLike<number>,
        burn: (rounds) => pool.exec('burn', [rounds]) as PromiseLike<number>,
        async stop() {
          await pool.terminate()
        },
      }
    },
  }
}

interface Poolifier {
  execute(data: number, name: string): Promise<number>
  destroy(): Promise<void>
}

function poolifier(pool: Poolifier): BenchPool {
  return {
    square: (n) => pool.execute(n, 'square'),
    burn: (rounds) => pool.execute(rounds, 'burn'),
    stop: () => pool.destroy(),
  }
}
