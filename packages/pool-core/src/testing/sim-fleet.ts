import { assert } from '../base/assert.ts'
import { after } from '../base/clock.ts'
import type { Cancel, Instant } from '../base/clock.ts'
import type { WorkerId } from '../scheduler/index.ts'
import type { FakeClock } from './fake-clock.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimFaults } from './sim-plan.ts'
import { SimWorker } from './sim-worker.ts'
import type { SimAnswer } from './sim-worker.ts'

/** The end of a worker is known after this time at the latest: before an item that was blamed for it runs again. */
const NEWS_MAX_MS = 60

/** A worker and the way to it: messages arrive in order, in either direction. */
interface Link {
  readonly worker: SimWorker
  inAt: Instant
  outAt: Instant
  /** Answers on their way. */
  readonly answers: Map<SimAnswer, Cancel>
}

/** Where news from the fleet goes. */
export interface SimFleetHost {
  readonly online: (worker: WorkerId) => void
  readonly lost: (worker: WorkerId) => void
  readonly answered: (worker: WorkerId, answer: SimAnswer) => void
}

/** The simulated workers and the ways to them, with all that goes wrong there. */
export class SimFleet {
  readonly #clock: FakeClock
  readonly #random: SeededRandom
  readonly #faults: SimFaults
  readonly #host: SimFleetHost
  readonly #links = new Map<WorkerId, Link>()
  /** How often workers may still end that no poison item and no command has ended. */
  #killsLeft: number
  #started = 0

  constructor(clock: FakeClock, random: SeededRandom, faults: SimFaults, killsMax: number, host: SimFleetHost) {
    this.#clock = clock
    this.#random = random
    this.#faults = faults
    this.#killsLeft = killsMax
    this.#host = host
  }

  /** Starts a worker, which comes online, or is lost without. */
  start(): void {
    const { startFails, startMs, stillborn } = this.#faults
    const id = `worker-${this.#started++}` as WorkerId
    this.#after(this.#random.interval(startMs), () => {
      if (this.#random.chance(startFails)) return this.#lose(id)
      const worker = new SimWorker(id, {
        clock: this.#clock,
        answer: (from, answer) => this.#answer(from, answer),
        crash: (crashed) => this.end(crashed),
      })
      this.#links.set(id, { worker, inAt: this.#clock.now(), outAt: this.#clock.now(), answers: new Map() })
      this.#host.online(id)
      if (this.#random.chance(stillborn) && this.#mayKill()) this.end(worker)
    })
  }

  /** A message to a worker; one that is gone does not get it. */
  tell(id: WorkerId, run: (worker: SimWorker) => void): void {
    const link = this.#linkOf(id)
    link.inAt = this.#arrival(link.inAt)
    this.#clock.schedule(link.inAt, () => {
      if (link.worker.alive) run(link.worker)
    })
  }

  /** The worker is no more. The news of it overtakes answers that are on their way: those are lost, or arrive after it. */
  end(worker: SimWorker): void {
    if (!worker.alive) return
    worker.die()
    const { latencyMs, lostOnDeath } = this.#faults
    for (const cancel of this.#linkOf(worker.id).answers.values()) if (this.#random.chance(lostOnDeath)) cancel()
    const newsMs = Math.min(this.#random.interval(latencyMs), NEWS_MAX_MS)
    this.#after(newsMs, () => this.#lose(worker.id))
  }

  /** Somebody kills a worker, or all of them at once. */
  killFromOutside(all: boolean): void {
    const alive = [...this.#links.values()].filter(({ worker }) => worker.alive)
    const [first, ...others] = alive
    if (first === undefined || !this.#mayKill()) return
    const doomed = all ? alive : [this.#random.pick([first, ...others])]
    for (const { worker } of doomed) this.end(worker)
  }

  #lose(worker: WorkerId): void {
    this.#host.lost(worker)
    if (this.#random.chance(this.#faults.twice)) this.#host.lost(worker)
  }

  #answer(worker: SimWorker, answer: SimAnswer): void {
    const { late, twice } = this.#faults
    const link = this.#linkOf(worker.id)
    link.outAt = this.#arrival(link.outAt)
    if (this.#random.chance(late)) link.outAt = after(link.outAt, this.#random.interval(1_000))
    const arrives = (): void => {
      link.answers.delete(answer)
      this.#host.answered(worker.id, answer)
      if (this.#random.chance(twice)) this.#after(this.#random.interval(50), () => this.#host.answered(worker.id, answer))
    }
    link.answers.set(answer, this.#clock.schedule(link.outAt, arrives))
  }

  #mayKill(): boolean {
    return this.#killsLeft-- > 0
  }

  #linkOf(id: WorkerId): Link {
    const link = this.#links.get(id)
    assert(link !== undefined, `${id} is not there`)
    return link
  }

  #after(ms: number, run: () => void): void {
    this.#clock.schedule(after(this.#clock.now(), ms), run)
  }

  #arrival(notBefore: Instant): Instant {
    const at = after(this.#clock.now(), this.#random.interval(this.#faults.latencyMs))
    return at > notBefore ? at : notBefore
  }
}
