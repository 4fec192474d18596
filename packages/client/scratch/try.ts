import { connect, range } from '@forkpool/client'
const cluster = await connect('ws://127.0.0.1:7199')
console.log(cluster.session, cluster.server, cluster.cores, cluster.limits)
const pool = cluster.pool({ size: 2 })
console.log(await pool.map('square', range(1, 11)))
for (let i = 0; i < 6; i++) {
  const items = Array.from(range(1, 1_000_001))
  const t = performance.now()
  const r = await pool.map('square', items)
  console.log('map 1M', (performance.now() - t).toFixed(1), r.length, r[999_999])
}
const lat: number[] = []
for (let i = 0; i < 2000; i++) {
  const t = performance.now()
  await pool.submit('square', i)
  lat.push(performance.now() - t)
}
lat.sort((a, b) => a - b)
console.log('submit p50', lat[1000].toFixed(3), 'p99', lat[1980].toFixed(3))
await cluster.close()
