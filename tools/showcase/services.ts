import { which } from '../install/which.mjs'
import {
  describeEnd,
  freePort,
  inRepository,
  startCoordinator,
  startDashboard,
  startPrometheus,
  type Coordinator,
  type Dashboard,
  type Prometheus,
} from '../service/index.ts'

/** Ctrl-C may come while a batch runs that somebody started from the dashboard. */
const DRAIN_ARGS = ['--drain-timeout-ms', '3000']

const PORTS = { coordinator: 7070, dashboard: 3000, prometheus: 9090 }

/** The running services of `npm start` and `npm run demo`. */
export interface Services {
  readonly coordinator: Coordinator
  readonly dashboard: Dashboard
  /** Undefined where the program is not installed. */
  readonly prometheus: Prometheus | undefined
  /** Resolves with one sentence as soon as one of them ends by itself; never when they are stopped. */
  readonly failure: Promise<string>
  /** Stops the dashboard, then Prometheus, then the coordinator; resolves when no process is left. */
  stop(): Promise<void>
}

/** The log of one of the services. */
function logOf(name: string): string {
  return inRepository('.cache', 'logs', `${name}.log`)
}

/** Starts the coordinator, Prometheus where it is installed, and the dashboard, each on its usual port or the next free one. */
export async function startServices(): Promise<Services> {
  const stops: (() => Promise<void>)[] = []
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const stopOne of stops.toReversed()) await stopOne()
    })()
    return stopping
  }
  try {
    const coordinator = await startCoordinator({
      port: await freePort(PORTS.coordinator),
      logFile: logOf('coordinator'),
      args: DRAIN_ARGS,
      // Of this clone, so that two clones do not meet, and what a run before has left open goes on.
      dataDir: inRepository('.cache', 'data'),
    })
    stops.push(() => coordinator.process.stop())

    const program = which('prometheus')
    const prometheus =
      program === undefined
        ? undefined
        : await startPrometheus({
            program,
            port: await freePort(PORTS.prometheus),
            coordinatorUrl: coordinator.httpUrl,
            logFile: logOf('prometheus'),
          })
    if (prometheus !== undefined) stops.push(() => prometheus.stop())

    const dashboard = await startDashboard({
      mode: 'start',
      port: await freePort(PORTS.dashboard),
      coordinatorUrl: coordinator.httpUrl,
      prometheusUrl: prometheus?.url,
      logFile: logOf('dashboard'),
    })
    stops.push(() => dashboard.process.stop())

    const failure = Promise.race(
      [coordinator, dashboard, prometheus]
        .filter((service) => service !== undefined)
        .map(async ({ process }) => {
          const end = await process.ended
          if (stopping !== undefined) return await new Promise<never>(() => undefined)
          return `${process.name} ended unexpectedly (${describeEnd(end)})${process.logTail()}`
        }),
    )
    return { coordinator, dashboard, prometheus, failure, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
