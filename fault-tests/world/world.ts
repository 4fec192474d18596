import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@forkpool/client'
import type { Cluster } from '@forkpool/client'
import type * as tasks from '../inside/tasks.ts'
import { CoordinatorProcess } from './coordinator-process.ts'
import { DataDisk } from './data-disk.ts'
import { hurriedClock } from './hurried-clock.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { holdsWithin } from './wait.ts'

/** How much faster than others the client loses its patience: 15 s between signs of life become 0.75 s. */
const CLIENT_HASTE = 20

/** A coordinator that does not start, for want of disk, is tried again for so long. */
const RESTART_LIMIT_MS = 20_000

/** A service with everything that is needed to harm it: a coordinator on a disk, a client, and a proxy between them. */
export class World {
  readonly proxy: TcpProxy
  readonly disk: DataDisk
  /** Every life of the coordinator, the last one last. */
  readonly lives: CoordinatorProcess[] = []
  #cluster: Cluster<typeof tasks> | undefined
  /** Where runs and logs go. */
  readonly #folder: string
  /** Restarts go one after the other. */
  #restarting: Promise<void> = Promise.resolve()

  private constructor(disk: DataDisk, folder: string, proxy: TcpProxy) {
    this.disk = disk
    this.#folder = folder
    this.proxy = proxy
  }

  static async open(smallDisk: boolean): Promise<World> {
    const disk = DataDisk.open(smallDisk)
    const folder = `${disk.folder}-log`
    mkdirSync(join(folder, 'runs'), { recursive: true })
    const world = new World(disk, folder, await TcpProxy.open())
    try {
      await world.#live()
      world.#cluster = await connect<typeof tasks>(world.proxy.url, {
        clock: hurriedClock(CLIENT_HASTE),
        connectTimeoutMs: 10_000 * CLIENT_HASTE,
        reconnect: { attempts: 1_000, minDelayMs: 20 * CLIENT_HASTE, maxDelayMs: 200 * CLIENT_HASTE },
      })
      return world
    } catch (error) {
      await world.close(true)
      throw new Error(`no world could be opened; its log: ${world.logFile}`, { cause: error })
    }
  }

  get coordinator(): CoordinatorProcess {
    const last = this.lives.at(-1)
    if (last === undefined) throw new Error('no coordinator was started')
    return last
  }

  get cluster(): Cluster<typeof tasks> {
    if (this.#cluster === undefined) throw new Error('the client is not connected')
    return this.#cluster
  }

  /** Everything that coordinators wrote to their logs. */
  get log(): string {
    return readFileSync(this.logFile, 'utf8')
  }

  get logFile(): string {
    return join(this.#folder, 'coordinator.log')
  }

  /** How often tasks began to run. */
  get runs(): number {
    const folder = join(this.#folder, 'runs')
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  }

  /** Ends the coordinator by this signal and starts another one on the same data. */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#restarting = this.#restarting.then(() => this.#restart(signal))
    return this.#restarting
  }

  /** A pid of a worker: which one, 0 to 1. Undefined where there is none. */
  worker(target: number): number | undefined {
    const pids = this.coordinator.workerPids
    return pids[Math.floor(target * pids.length)]
  }

  async leave(): Promise<void> {
    await this.#cluster?.close()
  }

  /** Ends everything by force and takes all traces away but the log, where that is wanted. */
  async close(keepsLog = false): Promise<void> {
    await this.leave()
    for (const life of this.lives) await life.destroy()
    await this.proxy.close()
    this.disk.remove()
    if (!keepsLog) rmSync(this.#folder, { recursive: true, force: true })
  }

  async #restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const before = this.coordinator
    if (signal === 'SIGKILL') this.proxy.leadTo(0)
    // One that is stopped takes no SIGTERM.
    before.signal('SIGCONT')
    before.signal(signal)
    await before.exited
    await holdsWithin(RESTART_LIMIT_MS, () =>
      this.#live().then(
        () => true,
        () => false,
      ),
    )
    if (this.coordinator === before) await this.#live()
  }

  async #live(): Promise<void> {
    const place = { dataDir: join(this.disk.folder, 'data'), runsDir: join(this.#folder, 'runs'), logFile: this.logFile }
    const coordinator = await CoordinatorProcess.start(place)
    this.lives.push(coordinator)
    this.proxy.leadTo(coordinator.port)
  }
}
