import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchVerdict, VerificationView } from '@forkpool/pool-core/protocol'
import { toggle } from '../config/option.ts'
import { ApiClient } from './api-client.ts'
import type { Command } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import { EXIT } from './exit-code.ts'
import { formatCount } from './table.ts'

/** `forkpool verify [BATCH]`: exit code 1 when anything is wrong. */
export const verifyCommand: Command = {
  name: 'verify',
  operands: '[BATCH]',
  summary: 'Check a batch, or all that are kept: each task recorded exactly once, every block as it was written.',
  options: { json: toggle({ doc: 'Print the answer of the API as JSON.' }), ...CONNECTION_OPTIONS },
  examples: ['forkpool verify', 'forkpool verify 5f0c2a91-3'],
  async run(terminal, flags, operands) {
    const [id, ...more] = operands
    if (more.length > 0) throw new ForkpoolError('BAD_ARGUMENT', `verify: expected one batch at most, got "${operands.join(' ')}"`)
    const { url, token } = readConnection(terminal, flags)
    const api = new ApiClient(url, token)
    const isJson = flags['json'] === true
    if (id !== undefined) {
      const verdict = await api.get<BatchVerdict>(`/api/v1/batches/${encodeURIComponent(id)}/verify`)
      terminal.stdout.write(isJson ? `${JSON.stringify(verdict)}\n` : renderVerdict(verdict))
      return verdict.problems.length === 0 ? EXIT.done : EXIT.failed
    }
    const view = await api.get<VerificationView>('/api/v1/verify')
    terminal.stdout.write(isJson ? `${JSON.stringify(view)}\n` : renderAll(view))
    return view.faulty === 0 ? EXIT.done : EXIT.failed
  },
}

function renderVerdict({ id, state, ledger, itemsRead, resultsRead, problems }: BatchVerdict): string {
  const { submitted, recorded, failed, quarantined, cancelled, live, unaccounted, duplicates } = ledger
  const facts: readonly (readonly [string, string])[] = [
    ['batch', `${id}, ${state}`],
    ['submitted', formatCount(submitted)],
    ['recorded', `${formatCount(recorded)}, of them ${formatCount(failed)} failed and ${formatCount(quarantined)} quarantined`],
    ['cancelled', formatCount(cancelled)],
    ['live', formatCount(live)],
    ['unaccounted', formatCount(unaccounted)],
    ['duplicates', `${formatCount(duplicates)} dropped`],
    ['read', [itemsRead ? 'all items' : 'no items', resultsRead ? 'all results' : 'no results'].join(', ')],
  ]
  const verdict = problems.length === 0 ? 'as it should be' : problems.map((problem) => `WRONG: ${problem}`).join('\n')
  return `${facts.map(([name, value]) => `${name.padEnd(12)}  ${value}`).join('\n')}\n${verdict}\n`
}

function renderAll({ checked, faulty, batches }: VerificationView): string {
  if (faulty === 0) return `${formatCount(checked)} batches checked: all as they should be\n`
  const shown = batches.flatMap(({ id, problems }) => problems.map((problem) => `batch ${id}: ${problem}`))
  return `${shown.join('\n')}\n${formatCount(checked)} batches checked: ${formatCount(faulty)} WRONG\n`
}
