import { connect } from '@forkpool/client'
const cluster = await connect(process.argv[2])
const pool = cluster.pool({ size: 2 })
for (let round = 0; round < 6; round++) {
  const n = 10_000
  const cpu = process.cpuUsage()
  const t = performance.now()
  const futures = Array.from({ length: n }, (_, i) => pool.submit('square', i))
  const t1 = performance.now()
  await Promise.all(futures)
  const t2 = performance.now()
  const used = process.cpuUsage(cpu)
  console.log(
    `submit loop ${(t1 - t).toFixed(0)} ms, all ${(t2 - t).toFixed(0)} ms, client cpu ${((used.user + used.system) / 1000).toFixed(0)} ms, ${((n / (t2 - t)) * 1000).toFixed(0)}/s`,
  )
}
const lat: number[] = []
for (let i = 0; i < 3000; i++) {
  const t = performance.now()
  await pool.submit('square', i)
  lat.push(performance.now() - t)
}
const s = lat.slice(500).sort((a, b) => a - b)
console.log('one at a time p50', s[s.length >> 1]!.toFixed(3), 'p99', s[Math.floor(s.length * 0.99)]!.toFixed(3))
await cluster.close()
