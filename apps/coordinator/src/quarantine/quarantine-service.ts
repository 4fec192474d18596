import { deferred } from '@forkpool/pool-core/base'
import { decodeItems } from '@forkpool/pool-core/protocol'
import type { ItemBlock, QuarantinedTaskView, QuarantineView } from '@forkpool/pool-core/protocol'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle, BatchRequest, BatchSink } from '../batch-request.ts'
import type { QuarantineSource } from '../quarantine-source.ts'
import type { Quarantine, QuarantinedTask } from './quarantine.ts'

/** So much of an item is shown. */
const PREVIEW_CHARACTERS = 200

/** Whose turn it is when tasks are run again: one session for all, so that it takes no more than its share. */
const SESSION = 'quarantine' as SessionId

export type Submit = (request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink) => BatchHandle

/** What may be done with tasks in quarantine. */
export class QuarantineService implements QuarantineSource {
  readonly #quarantine: Quarantine
  readonly #submit: Submit

  constructor(quarantine: Quarantine, submit: Submit) {
    this.#quarantine = quarantine
    this.#submit = submit
  }

  list(limit: number): QuarantineView {
    return { tasks: this.#quarantine.list(limit).map(viewOf), total: this.#quarantine.size, forgotten: this.#quarantine.forgotten }
  }

  /**
   * The batch of one task that runs it again has no reader: what it gives is recorded, like any batch's. If it crashes its workers again it
   * comes back, under the new batch's id.
   */
  async retry(id: string): Promise<{ readonly batch: string }> {
    const { request, item } = this.#quarantine.demand(id)
    const accepted = deferred<void>()
    const refused = (error: unknown): void => accepted.reject(error)
    const nothing = (): void => {}
    const sink: BatchSink = {
      accepted: () => accepted.resolve(),
      attached: nothing,
      results: nothing,
      credit: nothing,
      done: nothing,
      failed: refused,
    }
    const again = againAlone(request)
    const { id: batch } = this.#submit(again, item, true, sink)
    await accepted.promise
    this.#quarantine.drop(id)
    return { batch }
  }

  drop(id: string): QuarantinedTaskView {
    const view = viewOf(this.#quarantine.demand(id))
    this.#quarantine.drop(id)
    return view
  }
}

/** What a task is run again by: as its batch was, and for the same owner, but a batch of its own that no session holds. */
function againAlone(request: BatchRequest): BatchRequest {
  const { task, pool, poolSize, spread, priority, retries, backoffMs, jitter, retryOn, timeoutMs, deadlineMs, reply, owner } = request
  const policy = { priority, retries, backoffMs, jitter, retryOn, timeoutMs, deadlineMs, failFast: false }
  return { session: SESSION, task, pool, poolSize, spread, total: 1, chunkSize: undefined, reply, owner, detached: true, ...policy }
}

function viewOf({ id, batch, index, request, item, attempts, error, at }: QuarantinedTask): QuarantinedTaskView {
  const { properties = {} } = error
  const { exitCode, signal, residentBytes } = properties as { exitCode?: unknown; signal?: unknown; residentBytes?: unknown }
  return {
    id,
    batch,
    index,
    task: request.task,
    pool: request.pool,
    item: preview(item),
    attempts,
    message: error.message,
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    signal: typeof signal === 'string' ? signal : null,
    residentBytes: typeof residentBytes === 'number' ? residentBytes : null,
    at,
  }
}

/** The item for people: JSON as far as it goes, cut where it is long. */
function preview(item: ItemBlock): string {
  let text: string
  try {
    text = JSON.stringify(decodeItems(item)[0], (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? 'undefined'
  } catch {
    text = `(${item.bytes.byteLength} bytes)`
  }
  return text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text
}
