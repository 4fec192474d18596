import { connect } from '@forkpool/client'
const cluster = await connect(process.argv[2])
const pool = cluster.pool({ size: 2 })
for (let k = 0; k < 4; k++) {
const lat = []
for (let i = 0; i < 4000; i++) { const t = performance.now(); await pool.submit('square', i); lat.push(performance.now() - t) }
lat.sort((a, b) => a - b)
console.log('submit p50', (lat[2000]*1000).toFixed(0), 'p10', (lat[400]*1000).toFixed(0), 'p99', (lat[3960]*1000).toFixed(0))
}
await cluster.close()
