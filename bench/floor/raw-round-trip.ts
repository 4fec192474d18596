import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

/** Bytes of one frame each way. */
export interface FrameSizes {
  readonly request: number
  readonly answer: number
}

/** Two bare `ws` round trips, one inside the other: client → relay over TCP → worker over a Unix socket, and back. */
export interface RawRoundTrip {
  /** One round trip. */
  readonly call: () => Promise<void>
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 10_000

/** Starts a bare relay and a bare worker, each in a process of its own, with frames of these sizes. */
export async function startRawRoundTrip(sizes: FrameSizes): Promise<RawRoundTrip> {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-floor-'))
  const socketPath = join(folder, 'worker.sock')
  const children: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    for (const child of children) {
      child.stdin?.end()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const relay = runScript('relay-process.ts', [socketPath])
    children.push(relay)
    const port = once(createInterface({ input: relay.stdout ?? process.stdin }), 'line')
    for (let waitedMs = 0; !existsSync(socketPath) && waitedMs < START_TIMEOUT_MS; waitedMs += 10) await delay(10)
    children.push(runScript('worker-process.ts', [socketPath, String(sizes.answer)]))
    const [line] = (await Promise.race([port, delay(START_TIMEOUT_MS, ['none'])])) as [string]
    const client = new WebSocket(`ws://127.0.0.1:${line}`, { perMessageDeflate: false, skipUTF8Validation: true })
    await once(client, 'open')
    return {
      call: callerOf(client, sizes.request),
      async stop() {
        client.terminate()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function callerOf(client: WebSocket, requestBytes: number): () => Promise<void> {
  const request = Buffer.alloc(requestBytes, 1)
  let answered: (() => void) | undefined
  client.on('message', () => answered?.())
  return () =>
    new Promise((resolve) => {
      answered = resolve
      client.send(request, { binary: true })
    })
}

function runScript(name: string, args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL(name, import.meta.url))
  return spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}
