import { readFileSync } from 'node:fs'

const SAMPLE_MS = 50

/** Resident memory of another process, watched while something runs. */
export interface MemoryWatch {
  /** Ends the watch. Bytes; `peak` is the kernel's own high-water mark and misses nothing between two samples. */
  stop(): { readonly first: number; readonly last: number; readonly peak: number; readonly samples: readonly number[] }
}

/** Watches a process by /proc, which only Linux has; throws elsewhere. The peak counts from the start of that process. */
export function watchResidentMemory(pid: number): MemoryWatch {
  const samples = [readStatus(pid, 'VmRSS')]
  const timer = setInterval(() => samples.push(readStatus(pid, 'VmRSS')), SAMPLE_MS)
  return {
    stop() {
      clearInterval(timer)
      const last = readStatus(pid, 'VmRSS')
      samples.push(last)
      return { first: samples[0] ?? last, last, peak: readStatus(pid, 'VmHWM'), samples }
    },
  }
}

function readStatus(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(kibibytes) * 1024
}
