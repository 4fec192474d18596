import { setTimeout as delay } from 'node:timers/promises'
import { BuiltInThroughput } from './sources/built-in.ts'
import { CoordinatorApi, CoordinatorError } from './sources/coordinator.ts'
import { LiveFeed } from './sources/live.ts'
import { PrometheusThroughput } from './sources/prometheus.ts'
import { readSettings } from './sources/settings.ts'
import { Throughput } from './sources/throughput.ts'

/** Everything the dashboard's server is made of. */
export interface Services {
  readonly coordinator: CoordinatorApi
  readonly live: LiveFeed
  readonly throughput: Throughput
}

let composed: Services | undefined

/**
 * Built at the first request and kept: a build must not read the environment of the machine that happens to build.
 * @throws Error naming the environment variable that cannot be used.
 */
export function services(): Services {
  return (composed ??= compose())
}

function compose(): Services {
  const settings = readSettings(process.env)
  const coordinator = new CoordinatorApi(settings)
  const now = (): number => Date.now()
  const { prometheus: url } = settings
  const live = new LiveFeed({
    address: coordinator.address,
    now,
    wait: (ms, signal) => delay(ms, undefined, { signal }),
    open: async (signal) => {
      const { body } = await coordinator.request('/live', { signal, headers: { accept: 'text/event-stream' } })
      if (body === null) throw new CoordinatorError('unreachable', 502, 'BAD_MESSAGE', 'the live feed has no body')
      return body
    },
  })
  // After a signal Next waits until every answer has ended, and a live feed never ends by itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => live.close())
  return {
    coordinator,
    live,
    throughput: new Throughput(
      new BuiltInThroughput(coordinator),
      url === null ? null : { source: new PrometheusThroughput(url, now), url },
    ),
  }
}
