import { BLOCK_ITEMS_MAX } from '../limits.ts'
import type { RanMessage, RunMessage } from '../worker-messages.ts'
import { Cursor } from './cursor.ts'
import { beginHotFrame, isDuration, isHot, isName, isWhole, writeBlock, writeDuration } from './hot-writing.ts'
import { FALSE, KEY, MAP, TRUE } from './keys.ts'

/** A small shard whose results may have any codec. */
export function writeRun(message: RunMessage): Uint8Array | undefined {
  const { shard, task, from, spread, attempt, reply, yieldAfterMs, items } = message
  if (reply !== 'auto' || yieldAfterMs === undefined || !isHot(items) || !isName(task)) return undefined
  if (!isWhole(shard, 0) || !isWhole(from, 0) || !isWhole(attempt, 1) || !isDuration(yieldAfterMs)) return undefined
  const writer = beginHotFrame()
  writer.byte(MAP | 9)
  writer.raw(KEY.run)
  writer.head(0, shard)
  writer.raw(KEY.task)
  writer.text(task)
  writer.raw(KEY.from)
  writer.head(0, from)
  writer.raw(KEY.spread)
  writer.byte(spread ? TRUE : FALSE)
  writer.raw(KEY.attempt)
  writer.head(0, attempt)
  writer.raw(KEY.reply)
  writer.raw(KEY.yieldAfterMs)
  writeDuration(writer, yieldAfterMs)
  writer.raw(KEY.items)
  writeBlock(writer, items)
  return writer.finish()
}

let lastRunTask = ''

export function readRun(frame: Uint8Array): RunMessage | undefined {
  const cursor = new Cursor(frame)
  if (cursor.byte() !== (MAP | 9) || !cursor.has(KEY.run)) return undefined
  const shard = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.task)
  const task = cursor.name(lastRunTask)
  cursor.skip(KEY.from)
  const from = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.spread)
  const spread = cursor.flag()
  cursor.skip(KEY.attempt)
  const attempt = cursor.whole(1, 0xffff_ffff)
  cursor.skip(KEY.reply)
  cursor.skip(KEY.yieldAfterMs)
  const yieldAfterMs = cursor.duration()
  cursor.skip(KEY.items)
  if (!cursor.ok) return undefined
  const items = cursor.block()
  if (items === undefined || !cursor.ok || cursor.at !== cursor.end) return undefined
  lastRunTask = task
  return { kind: 'run', shard, task, from, spread, attempt, reply: 'auto', yieldAfterMs, items }
}

/** The answer to a small shard in which nothing failed. */
export function writeRan(message: RanMessage): Uint8Array | undefined {
  const { shard, count, values, failures, runMs, decodeMs, encodeMs } = message
  if (failures !== undefined || values.count !== count || !isHot(values) || !isWhole(shard, 0)) return undefined
  if (!isDuration(runMs) || !isDuration(decodeMs) || !isDuration(encodeMs)) return undefined
  const writer = beginHotFrame()
  writer.byte(MAP | 7)
  writer.raw(KEY.ran)
  writer.head(0, shard)
  writer.raw(KEY.count)
  writer.head(0, count)
  writer.raw(KEY.values)
  writeBlock(writer, values)
  writer.raw(KEY.runMs)
  writeDuration(writer, runMs)
  writer.raw(KEY.decodeMs)
  writeDuration(writer, decodeMs)
  writer.raw(KEY.encodeMs)
  writeDuration(writer, encodeMs)
  return writer.finish()
}

export function readRan(frame: Uint8Array): RanMessage | undefined {
  const cursor = new Cursor(frame)
  if (cursor.byte() !== (MAP | 7) || !cursor.has(KEY.ran)) return undefined
  const shard = cursor.whole(0, 0xffff_ffff)
  cursor.skip(KEY.count)
  const count = cursor.whole(1, BLOCK_ITEMS_MAX)
  cursor.skip(KEY.values)
  if (!cursor.ok) return undefined
  const values = cursor.block()
  if (values?.count !== count) return undefined
  cursor.skip(KEY.runMs)
  const runMs = cursor.duration()
  cursor.skip(KEY.decodeMs)
  const decodeMs = cursor.duration()
  cursor.skip(KEY.encodeMs)
  const encodeMs = cursor.duration()
  if (!cursor.ok || cursor.at !== cursor.end) return undefined
  return { kind: 'ran', shard, count, values, runMs, decodeMs, encodeMs }
}
