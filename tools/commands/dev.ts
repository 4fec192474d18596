import {
  describeEnd,
  FORKPOOL_BIN,
  freePort,
  httpReady,
  inRepository,
  ROOT,
  RunningProcess,
  SOURCE_FLAGS,
  startDashboard,
  stopRequest,
} from '../service/index.ts'

/** The coordinator, restarted at each change of its sources, and the dashboard in development mode; both write to this terminal. */
const asked = stopRequest()
const port = await freePort(7070)
const coordinatorUrl = `http://127.0.0.1:${port}`
const coordinator = await RunningProcess.start({
  name: 'coordinator',
  command: process.execPath,
  args: [
    '--watch',
    '--watch-preserve-output',
    ...SOURCE_FLAGS,
    FORKPOOL_BIN,
    'serve',
    '--port',
    String(port),
    '--data-dir',
    inRepository('.cache', 'data-dev'),
    ...process.argv.slice(2),
  ],
  cwd: ROOT,
  output: 'terminal',
})
const running = [coordinator]
try {
  await coordinator.withinStart(httpReady(`${coordinatorUrl}/readyz`, asked), 30_000)
  const logFile = inRepository('.cache', 'logs', 'dashboard-dev.log')
  const dashboard = await startDashboard({ mode: 'dev', port: await freePort(3000), coordinatorUrl, logFile })
  running.push(dashboard.process)
  console.log(`forkpool: coordinator  ${coordinatorUrl}\nforkpool: dashboard    ${dashboard.url}  (log: ${logFile})`)
  const stopped = new Promise<void>((resolve) => asked.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([
    stopped,
    ...running.map(async (process) => Promise.reject(new Error(`${process.name} ended (${describeEnd(await process.ended)})`))),
  ])
} catch (error) {
  if (!asked.aborted) {
    console.error(`forkpool: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
} finally {
  for (const process of running.toReversed()) await process.stop()
}
process.exit()
