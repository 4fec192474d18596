import { describe, expect, test } from 'vitest'
import { describeWorld } from './campaign.ts'
import { FAULT_KINDS } from './plan/fault-kind.ts'
import { planCampaign, planWorld } from './plan/plan.ts'
import { runWorld } from './run-world.ts'
import { whyNoSmallDisk } from './world/data-disk.ts'

const SEED = 1
const FAULTS = 200
const WORLD_LIMIT_MS = 240_000

const noDisk = whyNoSmallDisk()
const kinds = FAULT_KINDS.filter((kind) => kind !== 'disk-full' || noDisk === undefined)

test('every kind of fault can be had here', (context) => {
  if (noDisk === undefined) return
  if (process.env['CI'] === 'true') throw new Error(noDisk)
  context.skip(noDisk)
})

/** `npm run test:faults` runs the same, and more of it with `-- --long`. */
describe(`${FAULTS} faults from seed ${SEED} on: nothing is lost, nothing comes twice, nothing is left`, () => {
  test.each(planCampaign(SEED, FAULTS))('seed $seed, $faults faults', { timeout: WORLD_LIMIT_MS }, async ({ seed, faults }) => {
    const report = await runWorld(planWorld(seed, faults, kinds))
    expect(report.problems, describeWorld(report)).toEqual([])
  })
})
