import { parseArgs } from 'node:util'
import { stopRequest } from '@forkpool/tools/service'
import { describeWorld, runCampaign } from './campaign.ts'

const USAGE = `usage: npm run test:faults -- [--seed N] [--faults N] [--long]

  --seed N     where to begin; the same seed gives the same faults (default: 1)
  --faults N   how many (default: 200)
  --long       2,000 of them`

const FAULTS = 200
const FAULTS_LONG = 2_000

/** Exit code 0: everything held. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, faults: { type: 'string' }, long: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  const seed = Number(values.seed ?? 1)
  const faults = Number(values.faults ?? (values.long === true ? FAULTS_LONG : FAULTS))
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(faults) || faults < 1) {
    console.error(USAGE)
    return 2
  }
  const { worlds, leftOut } = await runCampaign({
    seed,
    faults,
    signal: stopRequest(),
    onWorld: (report) => console.log(describeWorld(report)),
  })
  for (const { kind, why } of leftOut) console.log(`left out: ${kind}: ${why}`)
  const injected = worlds.reduce((sum, world) => sum + world.injected.length, 0)
  const bad = worlds.filter(({ problems }) => problems.length > 0)
  console.log(`${injected} faults in ${worlds.length} worlds: ${bad.length === 0 ? 'all holds' : `${bad.length} worlds with problems`}`)
  return bad.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`test:faults: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
