import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@forkpool/pool-core/base'
import { systemClock } from '@forkpool/pool-core/base'
import { EmbeddedEngine } from '../../src/engine/embedded/embedded-engine.ts'
import type { Retention } from '../../src/engine/retention.ts'

/** Data directories of one test file, and engines on them. */
export class DataDirs {
  readonly #root = mkdtempSync(join(tmpdir(), 'forkpool-data-'))
  #made = 0

  next(): string {
    return join(this.#root, `${this.#made++}`)
  }

  /** An engine that is not recovered yet. Retention keeps everything unless told otherwise. */
  engine(
    dataDir: string,
    options: { readonly retention?: Partial<Retention>; readonly bytesMax?: number; readonly clock?: Clock } = {},
  ): EmbeddedEngine {
    const retention = { ageMs: 1e12, bytes: Infinity, batches: Infinity, ...options.retention }
    return new EmbeddedEngine({ clock: options.clock ?? systemClock, dataDir, retention, bytesMax: options.bytesMax ?? 1e12 })
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}
