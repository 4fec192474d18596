import { setFlagsFromString } from 'node:v8'

/** V8 collects young objects when their buffers take eight times this, in MiB: here 128 MiB, of which little is still in use. */
const NEW_SPACE_MB = 16

/**
 * Tells V8 when to collect the buffers of frames, which are nearly all of the coordinator's memory and hardly any of its heap. By default it
 * collects fully after every 64 MiB of buffers, however small the heap: twice for each million of numbers that pass through, half of the time that
 * they take. The first flag has it count their bytes as part of the heap instead, and grow that as it sees fit; the second bounds what it then lets lie, by
 * collections of young objects alone, which take a millisecond. Node 24 has the flags; a Node that does not know them says so on standard error, hence
 * the check.
 */
export function collectBuffersInTime(): void {
  if (Number(process.versions.node.split('.')[0]) !== 24) return
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString(`--scavenger-max-new-space-capacity-mb=${NEW_SPACE_MB}`)
}
