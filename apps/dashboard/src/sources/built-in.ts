import type { SamplesView } from '@forkpool/pool-core/protocol'
import type { CoordinatorApi } from './coordinator.ts'
import type { ThroughputHistory, ThroughputSource } from './throughput-source.ts'

/** The coordinator's own recent samples: the page is useful without any other service. */
export class BuiltInThroughput implements ThroughputSource {
  readonly name = 'built-in'
  readonly #api: CoordinatorApi

  constructor(api: CoordinatorApi) {
    this.#api = api
  }

  async history(seconds: number): Promise<ThroughputHistory> {
    return this.#api.get<SamplesView>(`/samples?seconds=${seconds}`)
  }
}
