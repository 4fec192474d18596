import { ForkpoolError } from '../base/index.ts'
import type { LocalPoolStatistics } from '../pool/statistics.ts'
import { PoolMetric } from './pool-metric.ts'
import { POOL_METRICS } from './pool-metric-names.ts'
import type { PoolMetricName } from './pool-metric-names.ts'
import { POOL_SAMPLES } from './pool-samples.ts'
import type { Sample } from './pool-samples.ts'

/** A `Registry` of prom-client, 14 or newer. Described by what is used of it, so that who has no metrics needs no prom-client. */
export interface MetricRegister {
  registerMetric(metric: never): void
  removeSingleMetric(name: string): void
}

/** What is measured: a `ThreadPool` or a `ProcessPool`. */
export interface MeasuredPool {
  statistics(): LocalPoolStatistics
}

export interface PoolMetricsOptions {
  /** The label `pool`. Pools of one register need different labels. Default `default`. */
  readonly name?: string | undefined
  /** Begins every metric's name. Default `forkpool_`. */
  readonly prefix?: string | undefined
  /** Further labels of all of the pool's series. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

interface Source {
  readonly pool: MeasuredPool
  readonly labels: Readonly<Record<string, string>>
  readonly key: string
}

const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$|^$/
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/
const OWN_LABELS: ReadonlySet<string> = new Set(['pool', 'state', 'outcome', 'reason', 'task', 'le'])

const exposed = new WeakMap<MetricRegister, Map<string, ExposedPools>>()

/**
 * Exposes a pool's figures on a register of prom-client: `registerMetrics(register, pool, { name: 'images' })`. They are read from
 * `pool.statistics()` when the register is, and cost nothing in between. Several pools share the metrics of one register and prefix.
 *
 * Returns what ends it; a closed pool shows its last figures until then.
 * @throws ForkpoolError BAD_ARGUMENT for a prefix or label that Prometheus does not take; ALREADY_EXISTS where a pool has these labels.
 */
export function registerMetrics(register: MetricRegister, pool: MeasuredPool, options: PoolMetricsOptions = {}): () => void {
  const { name = 'default', prefix = 'forkpool_', labels = {} } = options
  checkNames(prefix, labels)
  const own = { ...labels, pool: name }
  const source: Source = { pool, labels: own, key: JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1))) }
  let ofRegister = exposed.get(register)
  if (ofRegister === undefined) exposed.set(register, (ofRegister = new Map<string, ExposedPools>()))
  let pools = ofRegister.get(prefix)
  if (pools === undefined) ofRegister.set(prefix, (pools = new ExposedPools(register, prefix)))
  const all = pools
  all.add(source)
  return () => {
    if (all.remove(source)) ofRegister.delete(prefix)
  }
}

/** The pools on one register under one prefix. */
class ExposedPools {
  readonly #register: MetricRegister
  readonly #names: readonly string[]
  readonly #sources = new Set<Source>()
  /** What the pools said last; a register reads all metrics in one go. */
  #pictures: readonly (readonly [Source, LocalPoolStatistics])[] | undefined

  constructor(register: MetricRegister, prefix: string) {
    this.#register = register
    this.#names = Object.keys(POOL_METRICS).map((name) => prefix + name)
    for (const [name, entry] of Object.entries(POOL_METRICS)) {
      const metric = new PoolMetric(prefix + name, entry, () => this.#samples(name as PoolMetricName))
      register.registerMetric(metric as never)
    }
  }

  add(source: Source): void {
    for (const { key } of this.#sources) {
      if (key === source.key) throw new ForkpoolError('ALREADY_EXISTS', `a pool with the labels ${key} is on this register`)
    }
    this.#sources.add(source)
  }

  /** True: none is left, and the register has forgotten the metrics. */
  remove(source: Source): boolean {
    if (!this.#sources.delete(source) || this.#sources.size > 0) return false
    for (const name of this.#names) this.#register.removeSingleMetric(name)
    return true
  }

  #samples(name: PoolMetricName): readonly Sample[] {
    if (this.#pictures === undefined) {
      this.#pictures = Array.from(this.#sources, (source) => [source, source.pool.statistics()] as const)
      queueMicrotask(() => (this.#pictures = undefined))
    }
    return this.#pictures.flatMap(([{ labels }, figures]) =>
      POOL_SAMPLES[name](figures).map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } })),
    )
  }
}

function checkNames(prefix: string, labels: Readonly<Record<string, string>>): void {
  if (!PREFIX.test(prefix))
    throw new ForkpoolError('BAD_ARGUMENT', `prefix must begin a metric name, as "app_" does, not ${JSON.stringify(prefix)}`)
  for (const label of Object.keys(labels)) {
    if (LABEL.test(label) && !OWN_LABELS.has(label)) continue
    const why = OWN_LABELS.has(label) ? 'is one that pools set themselves' : 'is no label name of Prometheus'
    throw new ForkpoolError('BAD_ARGUMENT', `the label ${JSON.stringify(label)} ${why}`)
  }
}
