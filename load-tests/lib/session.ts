import { clearTimeout, setTimeout } from 'k6/timers'
import { WebSocket } from 'k6/websockets'
import { BatchInProgress } from './batch.ts'
import type { EndedBatch } from './batch.ts'
import { batchTime, faults, tasksCompleted, tasksFailed, tasksSent, welcomeTime } from './figures.ts'
import type { BatchSummary, ServerMessage, WireError } from './messages.ts'
import type { Target } from './target.ts'

/** What to compute. Parts are sent one message each; their results must stay below the result window (16 MiB), as no credit is granted. */
export interface Order {
  readonly task: string
  readonly poolSize: number
  readonly parts: readonly (readonly unknown[])[]
}

/** The coordinator said no. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string | undefined

  constructor(error: WireError) {
    super(error.message)
    this.code = error.code
  }
}

const WELCOME_TIMEOUT_MS = 10_000
const BATCH_TIMEOUT_MS = 60_000

interface Waiting {
  readonly progress: BatchInProgress
  readonly startedAt: number
  readonly timeout: number
  readonly tasks: number
  poolSize: number
  readonly resolve: (batch: EndedBatch) => void
  readonly reject: (error: Error) => void
}

/**
 * One connection in the JSON dialect. Everything that does not go as it should rejects and counts as a fault; a refusal of one batch only
 * rejects, because a scenario may have asked for it.
 */
export class Session {
  readonly #socket: WebSocket
  readonly #batches = new Map<number, Waiting>()
  readonly #closed: Promise<void>
  #number = 0
  #closing = false
  #onWelcome: ((error?: Error) => void) | undefined
  version = 0

  private constructor(target: Target) {
    // k6 ignores the second argument of its WebSocket; a header does what it should do.
    const headers: Record<string, string> = { 'Sec-WebSocket-Protocol': 'forkpool.v1.json' }
    if (target.token !== undefined) headers['Authorization'] = `Bearer ${target.token}`
    this.#socket = new WebSocket(target.url, null, { headers })
    this.#socket.addEventListener('open', () => this.#send({ kind: 'hello', versions: [1], client: 'forkpool k6 scenarios' }))
    this.#socket.addEventListener('message', (event) =>
      this.#receive(JSON.parse(String((event as { data: unknown }).data)) as ServerMessage),
    )
    this.#socket.addEventListener('error', (event) => this.#lost(`connection error: ${(event as { error?: string }).error ?? 'unknown'}`))
    this.#closed = new Promise((resolve) => {
      this.#socket.addEventListener('close', () => {
        if (!this.#closing) this.#lost('the coordinator closed the connection')
        resolve()
      })
    })
  }

  /** Connects and says hello. */
  static open(target: Target): Promise<Session> {
    const startedAt = Date.now()
    const session = new Session(target)
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => session.#lost('no welcome in time'), WELCOME_TIMEOUT_MS)
      session.#onWelcome = (error) => {
        session.#onWelcome = undefined
        clearTimeout(timeout)
        if (error !== undefined) return reject(error)
        welcomeTime.add(Date.now() - startedAt)
        resolve(session)
      }
    })
  }

  /** Submits a batch; resolves when it is over, however its tasks ended. */
  submit({ task, poolSize, parts }: Order): Promise<EndedBatch> {
    const batch = ++this.#number
    const tasks = parts.reduce((sum, part) => sum + part.length, 0)
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => this.#lost(`batch ${batch} (${task}) did not end in time`), BATCH_TIMEOUT_MS)
      this.#batches.set(batch, {
        progress: new BatchInProgress(tasks),
        startedAt: Date.now(),
        timeout,
        tasks,
        poolSize: 0,
        resolve,
        reject,
      })
      parts.forEach((items, at) => {
        const end = at === parts.length - 1
        this.#send(at === 0 ? { kind: 'submit', batch, task, poolSize, total: tasks, items, end } : { kind: 'items', batch, items, end })
      })
    })
  }

  /** Ends the connection in good order. */
  close(): Promise<void> {
    this.#closing = true
    this.#socket.close()
    return this.#closed
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  #receive(message: ServerMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.version = message.version
        return this.#onWelcome?.()
      case 'refused':
        return this.#refused(message.batch, new Refused(message.error))
      case 'goodbye':
        return this.#lost(`the coordinator says goodbye: ${message.reason}`)
      case 'credit':
        // These batches are far smaller than the window that it widens.
        return undefined
      case 'accepted':
      case 'results':
      case 'done': {
        const waiting = this.#batches.get(message.batch)
        if (waiting === undefined) return this.#lost(`${message.kind} for batch ${message.batch}, which is not open`)
        if (message.kind === 'accepted') {
          waiting.poolSize = message.poolSize
          tasksSent.add(waiting.tasks)
        } else if (message.kind === 'results') {
          waiting.progress.take(message)
          if (message.done !== undefined) this.#ended(message.batch, waiting, message.done)
        } else this.#ended(message.batch, waiting, message)
      }
    }
  }

  #ended(batch: number, waiting: Waiting, summary: BatchSummary): void {
    this.#forget(batch, waiting)
    const milliseconds = Date.now() - waiting.startedAt
    batchTime.add(milliseconds)
    tasksCompleted.add(summary.completed)
    tasksFailed.add(summary.failed)
    waiting.resolve(waiting.progress.end(summary, waiting.poolSize, milliseconds))
  }

  #refused(batch: number | undefined, error: Refused): void {
    const waiting = batch === undefined ? undefined : this.#batches.get(batch)
    if (batch === undefined || waiting === undefined) return this.#lost(`refused: ${error.code}: ${error.message}`)
    this.#forget(batch, waiting)
    waiting.reject(error)
  }

  #forget(batch: number, waiting: Waiting): void {
    this.#batches.delete(batch)
    clearTimeout(waiting.timeout)
  }

  /** Nothing more is to be expected of this connection: whoever waits hears why. */
  #lost(why: string): void {
    faults.add(1)
    const error = new Error(why)
    this.#onWelcome?.(error)
    for (const [batch, waiting] of this.#batches) {
      this.#forget(batch, waiting)
      waiting.reject(error)
    }
    if (!this.#closing) void this.close()
  }
}
