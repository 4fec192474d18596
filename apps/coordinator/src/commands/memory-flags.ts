import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 count the bytes of frames as part of the heap when it decides about a full collection. By default it collects after every 64 MiB of
 * buffers, however small the heap: twice for each million of numbers that pass through, half of the time that they take. Node 24 has the
 * flag; a Node that does not know it says so on standard error, hence the check.
 */
export function countBuffersAsHeap(): void {
  if (Number(process.versions.node.split('.')[0]) === 24) setFlagsFromString('--external-memory-accounted-in-global-limit')
}
