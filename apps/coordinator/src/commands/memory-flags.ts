import { setFlagsFromString } from 'node:v8'

/** V8 collects young objects when their buffers take eight times this, in MiB: here 64 MiB, of which little is still in use. */
const NEW_SPACE_MB = 8

/** V8 collects fully when heap and buffers have grown by this part of what was left the last time. */
const GROWTH_PERCENT = 100

/**
 * Tells V8 when to collect the buffers of frames, which are nearly all of the coordinator's memory and hardly any of its heap. By default it collects
 * fully after every 64 MiB of buffers, however small the heap: twice for each million of numbers that pass through, half of the time that they take.
 * So their bytes are counted as part of the heap instead. How many may lie is then a bound on young objects, whose collection takes a millisecond
 * and a full one ten times that; and the growth is given, as V8's own guess, after a quiet moment, can be so small that a full collection comes first each time.
 *
 * Node 24 has the flags; a Node that does not know them says so on standard error, hence the check.
 */
export function collectBuffersInTime(): void {
  if (Number(process.versions.node.split('.')[0]) !== 24) return
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString(`--scavenger-max-new-space-capacity-mb=${NEW_SPACE_MB}`)
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
