import type { Clock, Instant } from '@forkpool/pool-core/base'
import { after, ForkpoolError, systemClock } from '@forkpool/pool-core/base'
import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import { toggle } from '../../config/option.ts'
import { ApiClient } from '../api-client.ts'
import type { Command, Flags, Terminal } from '../command.ts'
import { CONNECTION_OPTIONS, readConnection } from '../connection-options.ts'
import { EXIT } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readFlags } from '../read-flags.ts'
import { liveNews } from './live-snapshots.ts'
import type { LiveNews } from './live-snapshots.ts'
import { Screen } from './screen.ts'
import { topLines } from './top-view.ts'
import type { TopPicture } from './top-view.ts'

/** While the coordinator is away the time that it is away is shown. */
const TICK_MS = 1_000

const OPTIONS = {
  once: toggle({ doc: 'Show it once, as plain text, and end. So it does where the output is no terminal.' }),
  json: toggle({ doc: 'A line of JSON a second, as /api/v1/live has it; with --once a single one.' }),
  ...CONNECTION_OPTIONS,
}

/** `forkpool top`: what goes on in a coordinator, live, until `q`. */
export const topCommand: Command = {
  name: 'top',
  operands: '',
  summary: 'Live view of pools, batches and workers; q quits.',
  options: OPTIONS,
  examples: ['forkpool top', 'forkpool top --once', "forkpool top --json | jq '.status.tasks'"],
  run: (terminal, flags, operands) => runTop(terminal, flags, operands, systemClock),
}

async function runTop(terminal: Terminal, flags: Flags, operands: readonly string[], clock: Clock): Promise<ExitCode> {
  if (operands.length > 0) throw new ForkpoolError('BAD_ARGUMENT', `top: takes no operand, got "${operands[0]}"`)
  const { once, json } = readFlags(OPTIONS, flags)
  const { url, token } = readConnection(terminal, flags)
  const quit = new AbortController()
  const onQuit = (): void => quit.abort()
  terminal.signal.addEventListener('abort', onQuit, { once: true })
  if (terminal.signal.aborted) onQuit()
  // A reader of our lines that has left wants no more of them.
  terminal.stdout.once('error', onQuit)
  const news = liveNews(new ApiClient(url, token), clock, quit.signal)
  const { stdout } = terminal
  if (json || once || !stdout.isTTY) await writePlain(stdout, url, news, { json, once: once || !json })
  else await draw(terminal, url, news, clock, quit)
  return EXIT.done
}

/** Text for whoever reads lines. */
async function writePlain(
  stdout: NodeJS.WriteStream,
  url: string,
  news: AsyncGenerator<LiveNews>,
  { json, once }: { readonly json: boolean; readonly once: boolean },
): Promise<void> {
  for await (const one of news) {
    if (one.kind === 'away') continue
    const { snapshot } = one
    const lines = json ? [JSON.stringify(snapshot)] : topLines({ url, snapshot, away: undefined }, undefined).map(({ text }) => text)
    stdout.write(`${lines.join('\n')}\n`)
    if (once) return
  }
}

/** The live view. The terminal is given back whatever happens. */
async function draw(terminal: Terminal, url: string, news: AsyncGenerator<LiveNews>, clock: Clock, quit: AbortController): Promise<void> {
  const { stdin, stdout, environment } = terminal
  let seen: LiveSnapshot | undefined
  let away: { readonly reason: string; readonly since: Instant } | undefined
  const picture = (snapshot: LiveSnapshot): TopPicture => ({
    url,
    snapshot,
    away: away === undefined ? undefined : { reason: away.reason, ms: clock.now() - away.since },
  })
  const redraw = (): void => {
    if (seen !== undefined) screen.draw(topLines(picture(seen), screen.rows))
  }
  // https://no-color.org: set, and not empty.
  const colours = (environment['NO_COLOR'] ?? '') === ''
  const isDumb = environment['TERM'] === 'dumb'
  const screen = new Screen({ stdin, stdout, colours, isDumb, onQuit: () => quit.abort(), onResize: redraw })
  let cancelTick = (): void => undefined
  const tick = (): void => {
    redraw()
    cancelTick = clock.schedule(after(clock.now(), TICK_MS), tick)
  }
  try {
    for await (const one of news) {
      cancelTick()
      if (one.kind === 'snapshot') {
        // Not before the first: where there is nobody, an error on the usual screen says so.
        if (seen === undefined) screen.open()
        seen = one.snapshot
        away = undefined
        redraw()
      } else {
        away = { reason: one.error.message, since: away?.since ?? clock.now() }
        tick()
      }
    }
  } finally {
    cancelTick()
    screen.close()
  }
}
