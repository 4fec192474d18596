/** `@forkpool/pool-core/metrics`: the figures of local pools for Prometheus, on a register of prom-client. */
export { registerMetrics } from './register-metrics.ts'
export type { MeasuredPool, MetricRegister, PoolMetricsOptions } from './register-metrics.ts'
