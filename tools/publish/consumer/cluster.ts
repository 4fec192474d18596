/** A user's program with the client's package, and a coordinator that runs elsewhere. */
import { connect } from '@forkpool/client'

interface BuiltIn {
  square(n: number): number
}

await using cluster = await connect<BuiltIn>(process.env['FORKPOOL_URL'] ?? '')
const pool = cluster.pool({ size: 2 })
const squares: number[] = await pool.map('square', [1, 2, 3])
// @ts-expect-error there is no such task
const wrong: Promise<unknown> = pool.map('sqare', [1])
const error: unknown = await wrong.catch((reason: unknown) => reason)
console.log(JSON.stringify({ squares, error: (error as { code: string }).code }))
