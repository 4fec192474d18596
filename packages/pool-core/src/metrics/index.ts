/** `@forkpool/pool-core/metrics`: the figures of local pools for Prometheus, on a register of prom-client. */
export { POOL_METRICS } from './pool-metric-names.ts'
export type { PoolMetricEntry, PoolMetricName } from './pool-metric-names.ts'
export { registerMetrics } from './register-metrics.ts'
export type { MeasuredPool, MetricRegister, PoolMetricsOptions } from './register-metrics.ts'
