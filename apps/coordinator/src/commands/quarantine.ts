import type { QuarantinedTaskView, QuarantineView } from '@forkpool/pool-core/protocol'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { integer, toggle } from '../config/option.ts'
import { ApiClient } from './api-client.ts'
import type { Command } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import { EXIT } from './exit-code.ts'
import { readFlags } from './read-flags.ts'
import { formatCount, renderTable } from './table.ts'
import type { Column } from './table.ts'

const OPTIONS = {
  all: toggle({ doc: 'With retry and drop: all that are listed.' }),
  limit: integer({ min: 1, max: 1_000, default: 50, doc: 'How many, newest first.' }),
  json: toggle({ doc: 'Print the answer of the API as JSON, a line each.' }),
  ...CONNECTION_OPTIONS,
}

/** An item is cut at so many characters in the table. */
const ITEM_CHARACTERS = 40

const COLUMNS: readonly Column<QuarantinedTaskView>[] = [
  { heading: 'ID', cell: (task) => task.id },
  { heading: 'TASK', cell: (task) => task.task },
  { heading: 'ATTEMPTS', right: true, cell: (task) => String(task.attempts) },
  { heading: 'ENDED', cell: (task) => task.signal ?? `exit ${task.exitCode ?? '?'}` },
  { heading: 'SINCE', cell: (task) => new Date(task.at).toISOString() },
  { heading: 'ITEM', cell: (task) => (task.item.length > ITEM_CHARACTERS ? `${task.item.slice(0, ITEM_CHARACTERS)}…` : task.item) },
]

/** `forkpool quarantine`: what became of the tasks that crashed their workers each time. */
export const quarantineCommand: Command = {
  name: 'quarantine',
  operands: 'list|retry|drop [ID…]',
  summary: 'Tasks that crashed their workers each time: list them, run them again, drop them.',
  options: OPTIONS,
  examples: ['forkpool quarantine list', 'forkpool quarantine retry 3f2a91c0-7.50000', 'forkpool quarantine drop --all'],
  async run(terminal, flags, operands) {
    const [verb, ...ids] = operands
    const { all, json, limit } = readFlags(OPTIONS, flags)
    const { url, token } = readConnection(terminal, flags)
    const api = new ApiClient(url, token)
    const list = (): Promise<QuarantineView> => api.get<QuarantineView>(`/api/v1/quarantine?limit=${limit}`)
    if (verb === 'list' && ids.length === 0) {
      const view = await list()
      terminal.stdout.write(json ? `${JSON.stringify(view)}\n` : tableOf(view))
      return EXIT.done
    }
    if ((verb !== 'retry' && verb !== 'drop') || all === ids.length > 0)
      throw new ForkpoolError(
        'BAD_ARGUMENT',
        'quarantine: expected list, or retry or drop with ids or --all; forkpool quarantine list shows them',
      )
    for (const id of all ? (await list()).tasks.map((task) => task.id) : ids) {
      const answer = await api.post<Readonly<Record<string, unknown>>>(`/api/v1/quarantine/${encodeURIComponent(id)}/${verb}`)
      const line = verb === 'retry' ? `${id} runs again as batch ${String(answer['batch'])}` : `${id} is dropped`
      terminal.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${line}\n`)
    }
    return EXIT.done
  },
}

function tableOf({ tasks, total, forgotten }: QuarantineView): string {
  if (tasks.length === 0) return 'no task is in quarantine\n'
  const shown = tasks.length < total ? `showing ${tasks.length} of ${formatCount(total)}\n` : ''
  const lost = forgotten > 0 ? `${formatCount(forgotten)} older ones were forgotten (--quarantine-max)\n` : ''
  return renderTable(COLUMNS, tasks) + shown + lost
}
