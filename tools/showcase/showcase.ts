import { ensureDashboardBuilt } from '../build/dashboard-build.ts'
import { stopRequest } from '../service/index.ts'
import { runComparisons } from './comparisons.ts'
import { startServices, type Services } from './services.ts'

/** The exit code of a program that Ctrl-C ended before its work was done. */
const INTERRUPTED = 130

/**
 * The main job, seen by a newcomer: starts all services, prints their addresses, compares pool sizes on real work, and then ends
 * (`demo`) or serves until it is asked to stop (`start`). Resolves with the exit code when no process is left.
 */
export async function runShowcase(then: 'end' | 'serve'): Promise<number> {
  const asked = stopRequest()
  let services: Services | undefined
  try {
    await ensureDashboardBuilt(asked)
    services = await startServices()
    asked.throwIfAborted()
    printAddresses(services)
    const failed = new AbortController()
    const failure = services.failure.then((sentence) => {
      const error = new Error(`${sentence}\nforkpool: stopping all services`)
      failed.abort(error)
      throw error
    })
    const comparisons = runComparisons(services.coordinator.url, AbortSignal.any([asked, failed.signal]))
    try {
      await Promise.race([failure, comparisons])
    } finally {
      // Whatever ended first, the comparison's process is gone before the services are stopped.
      await comparisons.catch(() => undefined)
    }
    if (then === 'serve') {
      console.log('\nforkpool: serving until Ctrl-C')
      await Promise.race([failure, aborted(asked)])
    }
    return 0
  } catch (error) {
    if (asked.aborted) return then === 'serve' ? 0 : INTERRUPTED
    console.error(`forkpool: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  } finally {
    if (asked.aborted) console.log('forkpool: stopping')
    await services?.stop()
    if (services !== undefined) console.log('forkpool: stopped, nothing is left running')
  }
}

function printAddresses({ coordinator, dashboard, prometheus }: Services): void {
  console.log(`forkpool: coordinator  ${coordinator.httpUrl}  (clients: ${coordinator.url})`)
  console.log(`forkpool: dashboard    ${dashboard.url}`)
  console.log(`forkpool: Prometheus   ${prometheus?.url ?? 'not installed: the dashboard draws from the coordinator’s own samples'}`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // A timer, because waiting for a signal does not keep a program alive.
    const alive = setInterval(() => undefined, 60_000)
    const end = (): void => {
      clearInterval(alive)
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
