import type { Clock } from '@forkpool/pool-core/base'
import { EmbeddedEngine } from './embedded/embedded-engine.ts'
import type { Engine } from './engine.ts'
import { MemoryEngine } from './memory/memory-engine.ts'

/** The settings of the coordinator that an engine is made from. */
export interface EngineSettings {
  /** Undefined: nothing is kept on disk. */
  readonly dataDir: string | undefined
  readonly ephemeral: boolean
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly ephemeralRetentionBytes: number
  readonly dataBytesMax: number
  /** Ended batches that an ephemeral coordinator knows. */
  readonly batchesKept: number
}

/** The engine that the settings ask for. It touches nothing before `recover`. */
export function createEngine(settings: EngineSettings, clock: Clock): Engine {
  const { dataDir, ephemeral, retentionMs, retentionBytes, ephemeralRetentionBytes, dataBytesMax, batchesKept } = settings
  if (ephemeral || dataDir === undefined)
    return new MemoryEngine({ clock, retention: { ageMs: retentionMs, bytes: ephemeralRetentionBytes, batches: batchesKept } })
  const retention = { ageMs: retentionMs, bytes: retentionBytes, batches: Infinity }
  return new EmbeddedEngine({ clock, dataDir, retention, bytesMax: dataBytesMax })
}
