import type { BatchSummary, ResultsMessage, SubmitMessage } from '../client-messages.ts'
import { BLOCK_ITEMS_MAX } from '../limits.ts'
import { Cursor } from './cursor.ts'
import { beginHotFrame, isDuration, isHot, isName, isWhole, writeBlock, writeDuration } from './hot-writing.ts'
import { FALSE, KEY, MAP, TRUE } from './keys.ts'

/** A submission of a whole small batch that says no more than it must. */
export function writeSubmit(message: SubmitMessage): Uint8Array | undefined {
  const { batch, task, poolSize, total, items, terse } = message
  if (items === undefined || message.end !== true || poolSize === undefined || total === undefined || !isHot(items)) return undefined
  if (saysMore(message)) return undefined
  if (!isWhole(batch, 1) || !isWhole(poolSize, 1) || !isWhole(total, 0) || !isName(task)) return undefined
  const writer = beginHotFrame()
  writer.byte(terse === undefined ? MAP | 7 : MAP | 8)
  writer.raw(KEY.submit)
  writer.head(0, batch)
  writer.raw(KEY.task)
  writer.text(task)
  writer.raw(KEY.poolSize)
  writer.head(0, poolSize)
  writer.raw(KEY.total)
  writer.head(0, total)
  if (terse !== undefined) {
    writer.raw(KEY.terse)
    writer.byte(terse ? TRUE : FALSE)
  }
  writer.raw(KEY.items)
  writeBlock(writer, items)
  writer.raw(KEY.end)
  writer.byte(TRUE)
  return writer.finish()
}

/** Whether a field is set that is not written here. The property test finds one that is missing here. */
function saysMore(message: SubmitMessage): boolean {
  const { pool, spread, priority, chunkSize, retries, backoffMs, jitter, retryOn } = message
  const { timeoutMs, deadlineMs, failFast, resultWindowBytes, key, detached } = message
  if (pool !== undefined || spread !== undefined || priority !== undefined || chunkSize !== undefined) return true
  if (retries !== undefined || backoffMs !== undefined || jitter !== undefined || retryOn !== undefined) return true
  if (timeoutMs !== undefined || deadlineMs !== undefined || failFast !== undefined || resultWindowBytes !== undefined) return true
  return key !== undefined || detached !== undefined
}

let lastTask = ''

export function readSubmit(frame: Uint8Array): SubmitMessage | undefined {
  const cursor = new Cursor(frame)
  const head = cursor.byte()
  if ((head !== (MAP | 7) && head !== (MAP | 8)) || !cursor.has(KEY.submit)) return undefined
  const batch = cursor.whole(1, 0xffff_ffff)
  cursor.skip(KEY.task)
  const task = cursor.name(lastTask)
  cursor.skip(KEY.poolSize)
  const poolSize = cursor.whole(1, 0xffff_ffff)
  cursor.skip(KEY.total)
  const total = cursor.whole(0, 0xffff_ffff)
  let terse: boolean | undefined
  if (head === (MAP | 8)) {
    cursor.skip(KEY.terse)
    terse = cursor.flag()
  }
  cursor.skip(KEY.items)
  if (!cursor.ok) return undefined
  const items = cursor.block()
  cursor.skip(KEY.end)
  if (items === undefined || cursor.byte() !== TRUE || !cursor.ok || cursor.at !== cursor.end) return undefined
  lastTask = task
  if (terse === undefined) return { kind: 'submit', batch, task, poolSize, total, items, end: true }
  return { kind: 'submit', batch, task, poolSize, total, terse, items, end: true }
}

/** The only results of a batch that completed. */
export function writeResults(message: ResultsMessage): Uint8Array | undefined {
  const { batch, from, count, values, failures, done } = message
  if (failures !== undefined || done === undefined || done.outcome !== 'completed' || values.count !== count || !isHot(values))
    return undefined
  if (!isWhole(batch, 1) || !isWhole(from, 0) || !isSummary(done)) return undefined
  const writer = beginHotFrame()
  writer.byte(MAP | 6)
  writer.raw(KEY.results)
  writer.head(0, batch)
  writer.raw(KEY.from)
  writer.head(0, from)
  writer.raw(KEY.count)
  writer.head(0, count)
  writer.raw(KEY.values)
  writeBlock(writer, values)
  writer.raw(KEY.done)
  writer.byte(MAP | 7)
  writer.raw(KEY.completed)
  writer.head(0, done.completed)
  writer.raw(KEY.failed)
  writer.head(0, done.failed)
  writer.raw(KEY.cancelled)
  writer.head(0, done.cancelled)
  writer.raw(KEY.wallMs)
  writeDuration(writer, done.wallMs)
  writer.raw(KEY.runMs)
  writeDuration(writer, done.runMs)
  writer.raw(KEY.workers)
  writer.head(0, done.workers)
  return writer.finish()
}

function isSummary({ completed, failed, cancelled, wallMs, runMs, workers }: BatchSummary): boolean {
  return (
    isWhole(completed, 0) && isWhole(failed, 0) && isWhole(cancelled, 0) && isWhole(workers, 0) && isDuration(wallMs) && isDuration(runMs)
  )
}

export function readResults(frame: Uint8Array): ResultsMessage | undefined {
  const cursor = new Cursor(frame)
  if (cursor.byte() !== (MAP | 6) || !cursor.has(KEY.results)) return undefined
  const batch = cursor.whole(1, 0xffff_ffff)
  cursor.skip(KEY.from)
  const from = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.count)
  const count = cursor.whole(1, BLOCK_ITEMS_MAX)
  cursor.skip(KEY.values)
  if (!cursor.ok) return undefined
  const values = cursor.block()
  if (values?.count !== count || !cursor.has(KEY.done) || cursor.byte() !== (MAP | 7)) return undefined
  cursor.skip(KEY.completed)
  const completed = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.failed)
  const failed = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.cancelled)
  const cancelled = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.wallMs)
  const wallMs = cursor.duration()
  cursor.skip(KEY.runMs)
  const runMs = cursor.duration()
  cursor.skip(KEY.workers)
  const workers = cursor.whole(0, 0xffff_ffff)
  if (!cursor.ok || cursor.at !== cursor.end) return undefined
  return {
    kind: 'results',
    batch,
    from,
    count,
    values,
    done: { outcome: 'completed', completed, failed, cancelled, wallMs, runMs, workers },
  }
}
