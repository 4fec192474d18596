import type { Clock, Random } from '@forkpool/pool-core/base'
import { after, deferred, ForkpoolError, systemClock, systemRandom } from '@forkpool/pool-core/base'
import { schedulerStatistics } from '@forkpool/pool-core/scheduler'
import { availableParallelism } from 'node:os'
import { Attachments } from './attachments/attachments.ts'
import { ResultFeed } from './attachments/result-feed.ts'
import { Access, isLoopback } from './access/access.ts'
import { ComparisonService } from './comparisons/comparison-service.ts'
import type { CoordinatorConfig } from './config/read-config.ts'
import { Dispatcher } from './dispatcher/dispatcher.ts'
import { createEngine } from './engine/create-engine.ts'
import type { Engine } from './engine/engine.ts'
import { Fleet } from './fleet/fleet.ts'
import { Quarantine } from './quarantine/quarantine.ts'
import { QuarantineService } from './quarantine/quarantine-service.ts'
import { ResidentMemory } from './fleet/resident-memory.ts'
import { isStopped } from './fleet/process-state.ts'
import { StoppedWorkers } from './fleet/stopped-workers.ts'
import type { WorkerLimits } from './fleet/worker-limits.ts'
import { Gateway } from './gateway/gateway.ts'
import { pinned, readCertificate } from './http/certificate.ts'
import type { Certificate } from './http/certificate.ts'
import { ClientInstances } from './gateway/client-instances.ts'
import { HeldInput } from './gateway/held-input.ts'
import { HttpService } from './http/http-service.ts'
import { LiveFeed } from './http/live-feed.ts'
import { openApiDocument } from './http/openapi.ts'
import { writeJson } from './http/http-error.ts'
import type { Route } from './http/route.ts'
import { quarantineRoutes } from './http/quarantine-routes.ts'
import { resultRoutes } from './http/result-routes.ts'
import { apiRoutes, comparisonRoutes, probeRoutes } from './http/routes.ts'
import { verifyRoutes } from './http/verify-routes.ts'
import { Verification } from './ledger/verification.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics/metrics.ts'
import { MetricsObserver } from './metrics/metrics-observer.ts'
import { alsoSettled } from './dispatch-observer.ts'
import { ThroughputSamples } from './samples/throughput-samples.ts'
import { reloadSettings } from './reload.ts'
import { ServiceGroup } from './service/service-group.ts'
import type { Service } from './service/service.ts'
import { VERSION } from './version.ts'
import { checkOutOfReach } from './worker/worker-permissions.ts'
import { Views } from './views.ts'

/** Clients have so long to take what is written to them before they are cut off at the end. */
const GOODBYE_MS = 1_000

/** A coordinator that can be started and stopped. */
export interface Coordinator {
  readonly service: Service
  /** `http://127.0.0.1:7070`: known once started. */
  url(): string
  /** Takes those settings anew that may change while it runs. @throws ForkpoolError BAD_ARGUMENT; then everything is as it was. */
  reload(before: CoordinatorConfig, next: CoordinatorConfig): void
  /** Takes no further batch, waits for open ones until the drain time-out, cancels the rest. */
  drain(): Promise<void>
}

/** Where a coordinator's parts come from: a test brings its own. */
export interface ComposeOptions {
  readonly log: Log
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  /** Called when the workers cannot be used at all. */
  readonly onFatal: (error: ForkpoolError) => void
}

/** Every room of a coordinator. While it is put together each room knows only those above it in this list; what calls others later finds them here. */
interface Rooms {
  readonly config: CoordinatorConfig
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  access: Access
  certificate: Certificate | undefined
  engine: Engine
  samples: ThroughputSamples
  fleet: Fleet
  memory: ResidentMemory
  stopped: StoppedWorkers
  metrics: Metrics
  quarantine: Quarantine
  dispatcher: Dispatcher
  attachments: Attachments
  results: ResultFeed
  gateway: Gateway
  views: Views
  feed: LiveFeed
  comparisons: ComparisonService
  http: HttpService
}

/** Builds a coordinator from its settings: the one place that knows every room. */
export function composeCoordinator(config: CoordinatorConfig, options: ComposeOptions): Coordinator {
  const { log, clock = systemClock, random = systemRandom, onFatal } = options
  const rooms = { config, clock, random, log } as Rooms
  rooms.access = buildAccess(config)
  rooms.certificate = readCertificate(config.tlsCert, config.tlsKey)
  rooms.engine = createEngine(config, clock)
  rooms.samples = new ThroughputSamples(clock)
  rooms.fleet = buildFleet(rooms)
  rooms.memory = buildMemory(rooms)
  rooms.stopped = buildStopped(rooms)
  rooms.metrics = buildMetrics(rooms)
  rooms.quarantine = new Quarantine({ tasksMax: config.quarantineMax, bytesMax: config.quarantineBytesMax })
  rooms.dispatcher = buildDispatcher(rooms)
  rooms.attachments = new Attachments({ clock, engine: rooms.engine, batches: rooms.dispatcher, orphanMs: config.orphanMs })
  rooms.results = new ResultFeed({ engine: rooms.engine, isOpen: (id) => rooms.dispatcher.open.has(id) })
  rooms.gateway = buildGateway(rooms)
  rooms.views = new Views({ ...rooms, server: `forkpool/${VERSION}`, engine: rooms.engine.name })
  rooms.feed = new LiveFeed(clock, rooms.views)
  rooms.comparisons = buildComparisons(rooms)
  rooms.http = buildHttp(rooms)
  rooms.gateway.attach(rooms.http.server)
  return {
    service: new ServiceGroup([background(rooms), workers(rooms, onFatal), front(rooms)]),
    url: () => rooms.http.url,
    reload: (before, next) => {
      checkSecrets(next)
      reloadSettings(rooms, before, next)
    },
    drain: () => drain(rooms),
  }
}

function buildAccess(config: CoordinatorConfig): Access {
  if (!isLoopback(config.host) && config.credentials.length === 0)
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `--host ${config.host} can be reached from outside this machine: a token is needed (FORKPOOL_TOKEN or --token-file)`,
    )
  checkSecrets(config)
  return new Access({
    tokens: config.credentials,
    host: config.host,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  })
}

/** @throws ForkpoolError BAD_ARGUMENT where tasks could read what is secret. */
function checkSecrets({ workerPermissions, tokenFile, tlsKey, tasks, taskRoots, workerAddons }: CoordinatorConfig): void {
  if (!workerPermissions) return
  const secrets = { '--token-file': tokenFile, '--tls-key': tlsKey }
  checkOutOfReach(secrets, { taskModules: tasks, taskRoots, addons: workerAddons })
}

function buildFleet({ clock, random, log, config }: Rooms): Fleet {
  return new Fleet({
    clock,
    random,
    log,
    taskModules: config.tasks,
    taskRoots: config.taskRoots,
    limits: workerLimits(config),
    workerEnv: config.workerEnv,
    loopPollMs: loopPollMs(config),
    permissions: config.workerPermissions ? { addons: config.workerAddons } : undefined,
  })
}

function buildMemory(rooms: Rooms): ResidentMemory {
  const { clock, config, fleet } = rooms
  return new ResidentMemory(
    clock,
    () => [...fleet.workers.values()].map((worker) => worker.pid),
    () => fleet.weigh((pid) => rooms.memory.of(pid)),
    config.workerMemoryMb > 0 || config.workerMemoryRecycleMb > 0,
  )
}

function buildStopped({ clock, config, fleet }: Rooms): StoppedWorkers {
  const limitMs = config.stoppedWorkerMs
  return new StoppedWorkers({
    clock,
    pids: () => [...fleet.workers.values()].map((worker) => worker.pid),
    isStopped,
    limitMs,
    onLimit: (pid) => fleet.killProcess(pid, 'stopped', `it was stopped by a signal for ${limitMs} ms and more (--stopped-worker-ms)`),
  })
}

function buildMetrics(rooms: Rooms): Metrics {
  return new Metrics(VERSION, {
    pools: () => schedulerStatistics(rooms.dispatcher.state).pools,
    workers: () => rooms.views.workerStates(),
    workerMemoryBytes: () => rooms.memory.total(),
    connections: () => ({
      clients: rooms.gateway.connections,
      workers: rooms.fleet.workers.size,
      sendBufferBytes: rooms.gateway.sendBufferBytes,
    }),
    eventLoopLagMs: () => rooms.samples.lagMs,
  })
}

function buildDispatcher(rooms: Rooms): Dispatcher {
  const { clock, random, log, config, engine, fleet, metrics, samples, quarantine } = rooms
  return new Dispatcher({
    clock,
    random,
    engine,
    fleet,
    observer: alsoSettled(new MetricsObserver(metrics), samples),
    scheduler: { baseWorkers: config.workers, maxWorkers: config.maxWorkers, idleRetireMs: config.idleRetireMs },
    poolsMax: config.poolsMax,
    defaultPoolSize: Math.min(availableParallelism(), config.maxWorkers),
    batchesKept: config.batchesKept,
    tasksPerWorker: config.maxTasksPerWorker || undefined,
    replayWindowBytes: config.inputWindowBytes,
    unreadable: (batch, error) =>
      log.error({ batch, error: (error as Error).message }, 'the items of a batch cannot be read; it is cancelled'),
    quarantine,
    left: (batch, goesOn) => rooms.attachments.left(batch, goesOn),
    recorded: (batch) => rooms.results.recorded(batch),
    loopPollMs: loopPollMs(config),
  })
}

function buildGateway(rooms: Rooms): Gateway {
  const { clock, random, log, config, access, attachments, dispatcher, metrics } = rooms
  return new Gateway({
    clock,
    random,
    log,
    access,
    submit: (request, items, ended, sink) => attachments.submit(request, items, ended, sink),
    attach: (query, sink) => attachments.attach(query, sink),
    welcome: {
      server: `forkpool/${VERSION}`,
      cores: availableParallelism(),
      limits: {
        frameBytes: config.frameBytesMax,
        inputWindowBytes: config.inputWindowBytes,
        resultWindowBytes: config.resultWindowBytes,
        poolSizeMax: config.maxWorkers,
        batchesOpenMax: config.batchesOpenMax,
      },
    },
    limits: config,
    held: new HeldInput(config, () => dispatcher.left.heldBytes),
    instances: new ClientInstances(),
    openBatches: () => dispatcher.open.size,
    refused: (reason) => metrics.refuse(reason),
    rejected: (reason) => metrics.rejectHandshake(reason),
    closed: (code) => metrics.closed.inc({ code }),
  })
}

function buildComparisons(rooms: Rooms): ComparisonService {
  const { clock, random, config, access, dispatcher } = rooms
  return new ComparisonService({
    clock,
    random,
    poolSizeMax: config.maxWorkers,
    url: () => rooms.http.url,
    token: ownToken(access, random),
    tls: () => (rooms.certificate === undefined ? undefined : pinned(rooms.certificate)),
    knowsTask: (name) => dispatcher.tasks.demand(name),
  })
}

function buildHttp(rooms: Rooms): HttpService {
  const { log, config, access, certificate, engine, metrics, quarantine, dispatcher, results, views, feed, comparisons } = rooms
  const quarantined = new QuarantineService(quarantine, (request, items, ended, sink) => dispatcher.submit(request, items, ended, sink))
  return new HttpService({
    access,
    log,
    routes: withOpenApi([
      ...apiRoutes(views, feed),
      ...resultRoutes(results),
      ...quarantineRoutes(quarantined),
      ...verifyRoutes(new Verification(engine, () => dispatcher.open.keys())),
      ...comparisonRoutes(comparisons),
      ...probeRoutes(views, metrics.registry),
    ]),
    host: config.host,
    port: config.port,
    certificate,
    limits: config,
    refused: (reason) => metrics.refuse(reason),
  })
}

function workers({ config, log, engine, fleet, dispatcher, attachments }: Rooms, onFatal: ComposeOptions['onFatal']): Service {
  return {
    name: 'workers',
    // The address is opened only when a worker has loaded the task modules: whoever can connect can compute.
    start: async () => {
      const open = await engine.recover()
      if (open.length > 0) log.info({ batches: open.length }, 'going on with batches of an earlier run')
      const online = deferred<void>()
      fleet.onBroken((error) => {
        online.reject(error)
        onFatal(error)
      })
      dispatcher.tasks.onLearned(() => online.resolve())
      await fleet.start()
      dispatcher.start()
      dispatcher.recover(open, await engine.ended(config.batchesKept))
      attachments.recovered(open)
      await online.promise
    },
    stop: async () => {
      dispatcher.stop()
      await fleet.stop()
      await engine.close()
    },
  }
}

function front({ clock, http, comparisons, feed, attachments, gateway }: Rooms): Service {
  return {
    name: 'front',
    start: () => http.start(),
    stop: async () => {
      await comparisons.stop()
      feed.stop()
      attachments.stop()
      gateway.stop()
      const cut = clock.schedule(after(clock.now(), GOODBYE_MS), () => gateway.terminate())
      await http.stop()
      cut()
    },
  }
}

function background({ samples, memory, stopped }: Rooms): Service {
  return {
    name: 'background',
    start: () => {
      samples.start()
      memory.start()
      stopped.start()
      return Promise.resolve()
    },
    stop: () => {
      samples.stop()
      memory.stop()
      stopped.stop()
      return Promise.resolve()
    },
  }
}

async function drain({ clock, config, engine, dispatcher, gateway }: Rooms): Promise<void> {
  gateway.goodbye('the coordinator is shutting down')
  const late = deferred<void>()
  const cancel = clock.schedule(after(clock.now(), config.drainTimeoutMs), () => {
    // What is on disk goes on in the next life of the coordinator, and its clients with it.
    if (engine.durable) late.resolve()
    else dispatcher.cancelAll()
  })
  await Promise.race([dispatcher.drain(), late.promise])
  cancel()
}

/** The token of the coordinator's own clients, made for this run; undefined where none is needed. */
function ownToken(access: Access, random: Random): string | undefined {
  if (!access.needsToken) return undefined
  const token = random.token(32)
  access.admit(token, { name: 'comparisons', role: 'submit' })
  return token
}

/** With one processor it would keep from its work what it waits for. */
function loopPollMs(config: CoordinatorConfig): number {
  return availableParallelism() > 1 ? config.loopPollMs : 0
}

/** 0 stands for no limit in the configuration. */
function workerLimits(config: CoordinatorConfig): WorkerLimits {
  return {
    startTimeoutMs: config.startTimeoutMs,
    memoryMb: config.workerMemoryMb || undefined,
    memoryRecycleMb: config.workerMemoryRecycleMb || undefined,
  }
}

/** The routes and, beside them, the document that describes them. */
function withOpenApi(routes: readonly Route[]): readonly Route[] {
  const own: Route = {
    method: 'GET',
    path: '/api/v1/openapi.json',
    operation: { summary: 'This document', responses: { 200: { description: 'OpenAPI 3.1' } } },
    handle: ({ response }) => writeJson(response, 200, document),
  }
  const all = [...routes, own]
  const document = openApiDocument(VERSION, all)
  return all
}
