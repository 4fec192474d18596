import type { Service } from './service.ts'

/**
 * Starts services in order and stops them in the opposite one. If one fails to start, those before it are stopped and the failure is
 * thrown. A failure to stop does not keep the rest from stopping; the first is thrown at the end.
 */
export class ServiceGroup implements Service {
  readonly name = 'group'
  readonly #services: readonly Service[]
  /** How many were asked to start: one that fails, or is still at it, may hold half of what it needs and is stopped as well. */
  #begun = 0
  #stopping: Promise<void> | undefined

  constructor(services: readonly Service[]) {
    this.#services = services
  }

  async start(): Promise<void> {
    try {
      for (const service of this.#services) {
        if (this.#stopping !== undefined) return
        this.#begun++
        await service.start()
      }
    } catch (error) {
      await this.stop().catch(() => undefined)
      throw error
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    let failure: { readonly reason: unknown } | undefined
    for (const service of this.#services.slice(0, this.#begun).toReversed()) {
      try {
        await service.stop()
      } catch (reason) {
        failure ??= { reason }
      }
    }
    if (failure !== undefined) throw failure.reason
  }
}
