import { connect } from '@forkpool/client'
const cluster = await connect(process.argv[2] ?? 'ws://127.0.0.1:7171')
const pool = cluster.pool({ size: 2 })
const items = Array.from({ length: 1_000_000 }, (_, i) => i + 1)
for (let i = 0; i < 12; i++) {
  const t = performance.now()
  const r = await pool.map('square', items)
  console.log((performance.now() - t).toFixed(1), 'ms', r.length, r[999_999])
}
const lat = []
for (let i = 0; i < 3000; i++) { const t = performance.now(); await pool.submit('square', i); lat.push(performance.now() - t) }
lat.sort((a, b) => a - b)
console.log('submit p50', lat[1500].toFixed(3), 'p99', lat[2970].toFixed(3))
await cluster.close()
