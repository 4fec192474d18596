import { execFile, spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deferred } from '@forkpool/pool-core/base'
import { WORKER_PROGRAM } from './fixtures/worker-harness.ts'

const COORDINATOR = fileURLToPath(new URL('fixtures/mortal-coordinator.ts', import.meta.url))

const LOOPS_ON_LOAD = fileURLToPath(new URL('fixtures/loops-on-load.ts', import.meta.url))

/** A worker has to be gone after so long, measured from the death of its coordinator. */
const GONE_WITHIN_MS = 1_000

/** What a killed coordinator leaves behind lies here. */
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkpool-orphans-'))
})

afterAll(() => rm(folder, { recursive: true }))

/** A coordinator whose worker shares its pipes: they close when both are gone. */
class Family {
  readonly #coordinator: ChildProcessByStdio<null, Readable, Readable>
  output = ''
  errors = ''
  #changed = deferred<void>()

  constructor(...words: readonly string[]) {
    const args = ['--conditions=forkpool-source', COORDINATOR, ...words]
    this.#coordinator = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } })
    this.#coordinator.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
      this.#changed.resolve()
    })
    this.#coordinator.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
  }

  async until(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      this.#changed = deferred()
      await this.#changed.promise
    }
  }

  /** Kills the coordinator: milliseconds until the worker was gone too. */
  async killCoordinator(): Promise<number> {
    const killedAt = performance.now()
    this.#coordinator.kill('SIGKILL')
    await once(this.#coordinator, 'close')
    return performance.now() - killedAt
  }
}

describe('a worker whose coordinator was killed', () => {
  it('is gone within a second when it was idle, and says nothing', async () => {
    const family = new Family()
    await family.until('ready\n')
    expect(await family.killCoordinator()).toBeLessThan(GONE_WITHIN_MS)
    expect(family).toMatchObject({ output: 'ready\n', errors: '' })
  })

  it('is gone within a second in the middle of an endless loop, and says nothing', async () => {
    const family = new Family('spin')
    await family.until('spinning\n')
    expect(await family.killCoordinator()).toBeLessThan(GONE_WITHIN_MS)
    expect(family).toMatchObject({ output: 'ready\nspinning\n', errors: '' })
  })

  it('is gone within a second when a module loops while it loads', async () => {
    const family = new Family('', LOOPS_ON_LOAD)
    await family.until('loading\n')
    expect(await family.killCoordinator()).toBeLessThan(GONE_WITHIN_MS)
  })

  it('is gone within a second when its task prints without end', async () => {
    const family = new Family('chatter')
    await family.until('spinning\n')
    expect(await family.killCoordinator()).toBeLessThan(GONE_WITHIN_MS)
  })
})

describe('the worker program started by hand', () => {
  it('says who starts it', async () => {
    const run = promisify(execFile)(process.execPath, ['--conditions=forkpool-source', WORKER_PROGRAM])
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^forkpool worker: FORKPOOL_WORKER is not set: .*never by hand\n$/) as unknown,
    })
  })
})
