/** What the coordinator has recorded. */
import type { BatchView, StatusView, VerificationView } from '@forkpool/pool-core/protocol'
import type { Check } from './check.ts'

const BATCHES_SEEN = 500

/** Every task of every batch that is kept has exactly one result, or was cancelled; every stored block is what was written. */
export const recordedOnce: Check = async ({ world, mayForget }) => {
  const { faulty, batches, checked } = await world.coordinator.view<VerificationView>('/api/v1/verify')
  if (checked === 0 && !mayForget) return ['no batch was checked']
  return faulty === 0
    ? []
    : batches.map(({ id, state, problems, ledger }) => `${id} (${state}): ${problems.join('; ')} ${JSON.stringify(ledger)}`)
}

/** Every batch that was acknowledged is there, and is over. */
export const acknowledgedKept: Check = async ({ world, batches, mayForget }) => {
  const found: BatchView[] = []
  for (;;) {
    const before = found.length === 0 ? '' : `&before=${found.at(-1)?.id ?? ''}`
    const page = await world.coordinator.view<{ readonly batches: readonly BatchView[] }>(`/api/v1/batches?limit=${BATCHES_SEEN}${before}`)
    found.push(...page.batches)
    if (page.batches.length < BATCHES_SEEN) break
  }
  const byId = new Map(found.map((view) => [view.id, view]))
  return batches.flatMap(({ id, name, attempted, givenUp }) => {
    if (id === undefined) return []
    const view = byId.get(id)
    if (view === undefined) return mayForget ? [] : [`${name} was acknowledged as ${id}, which is not known`]
    if (view.endedAt === null) return [`${name} (${id}) is still ${view.state}`]
    const { completed, failed, cancelled } = view
    if (givenUp === undefined && completed + failed !== attempted)
      return [`${name} (${id}) has ${completed} results, ${failed} failures, ${cancelled} cancelled of ${attempted} tasks`]
    return []
  })
}

/** `submitted = recorded + cancelled` for every ended batch, by the coordinator's own metric. */
export const ledgerBalanced: Check = async ({ world }) =>
  figures(await world.coordinator.metrics(), 'forkpool_ledger_unaccounted')
    .filter(({ value }) => value !== 0)
    .map(({ labels, value }) => `forkpool_ledger_unaccounted${labels} is ${value}`)

/** Every slot idle, nothing queued, running, open or connected. */
export const slotsIdle: Check = async ({ world }) => {
  const page = await world.coordinator.metrics()
  const wrong = ['forkpool_tasks_queued', 'forkpool_tasks_running', 'forkpool_batches_open', 'forkpool_slots', 'forkpool_ws_connections']
    .flatMap((name) => figures(page, name).map((figure) => ({ name, ...figure })))
    .filter(
      ({ name, labels, value }) =>
        value !== 0 && !labels.includes('"idle"') && !(name === 'forkpool_ws_connections' && labels.includes('"worker"')),
    )
    .map(({ name, labels, value }) => `${name}${labels} is ${value}`)
  const { batches, workers } = await world.coordinator.view<StatusView>('/api/v1/status')
  return batches.open === 0 && workers.busy === 0 ? wrong : [...wrong, `status: ${JSON.stringify({ batches, workers })}`]
}

function figures(page: string, name: string): readonly { readonly labels: string; readonly value: number }[] {
  return [...page.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'))].map(([, labels = '', value]) => ({
    labels,
    value: Number(value),
  }))
}
