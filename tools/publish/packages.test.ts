import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { nextNode } from '../install/next-node.mjs'
import { npm } from '../install/npm.mjs'
import { inRepository, startCoordinator } from '../service/index.ts'
import { pack } from './pack.ts'

/** Outside of the repository, so that nothing of it is found from here. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'forkpool-packed-')))
const PROGRAM_MS = 60_000

/** Each published package, and its tarball. */
const tarballs = new Map<string, string>()

beforeAll(() => {
  for (const name of ['pool-core', 'client']) tarballs.set(name, pack(name, folder))
  cpSync(fileURLToPath(new URL('./consumer', import.meta.url)), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  const typesOfNode = `@types/node@${process.versions.node.split('.')[0]}`
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const installed = npm(['install', ...quiet, ...tarballs.values(), typesOfNode], { cwd: folder })
  if (!installed.ok) throw new Error(`npm install of the tarballs failed: ${installed.why}`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; all: string } {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const options = { cwd: folder, env: { ...inherited, ...env }, encoding: 'utf8', timeout: PROGRAM_MS } as const
  const { status, stdout, stderr } = spawnSync(program, args, options)
  return { status, stdout, all: `${stdout}${stderr}` }
}

/** The versions of Node that the packages promise to run on. */
const NODES = {
  24: (): string => {
    expect(process.versions.node).toMatch(/^24\./)
    return process.execPath
  },
  26: (context: TestContext): string => {
    const found = nextNode()
    if (found !== undefined) return found
    const note = 'Node 26 is missing; tools/install says how to get it'
    // On a build server no test may be skipped.
    return process.env['CI'] === 'true' ? expect.fail(note) : context.skip(note)
  },
}

const CALLS = {
  sum: 333_383_335_000,
  sides: [5, 13],
  streamed: [1, 4, 9],
  big: '15511210043330985984000000',
  square: 144,
  done: [1, 4, 9],
  notDone: 0,
  failure: ['RangeError', 'no such number', 'no such number'],
}
const SYNC = { counted: [5_000, 5_000], counter: 10_000, messages: ['5000 more', '5000 more'], locked: false }

describe.each([24, 26] as const)('on Node %i', (version) => {
  test('a TypeScript program has pools, futures and locks from the tarball alone', (context) => {
    const { status, stdout, all } = run(NODES[version](context), ['program.ts'])
    expect({ status, all }).toEqual({ status: 0, all: stdout })
    expect(JSON.parse(stdout)).toEqual({ threads: CALLS, processes: CALLS, inline: [0.5, 1], threadSync: SYNC, processSync: SYNC })
  })

  test('a JavaScript program, too', (context) => {
    const { status, stdout, all } = run(NODES[version](context), ['program.mjs'])
    expect({ status, all }).toEqual({ status: 0, all: stdout })
    const found = { sum: 333_833_500, counter: 2_000, unknownTask: 'TASK_UNKNOWN' }
    expect(JSON.parse(stdout)).toEqual([
      { kind: 'thread', ...found },
      { kind: 'process', ...found },
    ])
  })

  test('what is for browsers needs nothing of Node', (context) => {
    const { status, stdout, all } = run(NODES[version](context), ['browser.mjs'])
    expect({ status, all }).toEqual({ status: 0, all: stdout })
    expect(JSON.parse(stdout)).toEqual({ items: 3, message: 'ready', names: ['BatchCalls', 'Future', 'square'] })
  })

  test('a program has a cluster from the client’s tarball', async (context) => {
    const node = NODES[version](context)
    const coordinator = await startCoordinator({ port: 0, logFile: join(folder, `coordinator-${version}.log`) })
    try {
      const { status, stdout, all } = run(node, ['cluster.ts'], { FORKPOOL_URL: coordinator.url })
      expect({ status, all }).toEqual({ status: 0, all: stdout })
      expect(JSON.parse(stdout)).toEqual({ squares: [1, 4, 9], error: 'TASK_UNKNOWN' })
    } finally {
      await coordinator.process.stop()
    }
  })
})

test('names, arguments and results are checked for a user of the packages', () => {
  const { status, all } = run(process.execPath, [inRepository('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'])
  expect({ status, all }).toEqual({ status: 0, all: '' })
})

describe.each(['pool-core', 'client'])('%s', (name) => {
  const tarball = (): string => tarballs.get(name) ?? expect.fail('not packed')

  test('has types that every way of importing it finds (attw)', () => {
    const attw = inRepository('node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js')
    const { status, all } = run(process.execPath, [attw, tarball(), '--profile', 'esm-only', '--no-emoji', '--no-color'])
    expect(status, all).toBe(0)
    expect(all).toContain('OK (ESM)')
  })

  test('has a manifest that holds what it says (publint)', () => {
    const publint = inRepository('node_modules', 'publint', 'src', 'cli.js')
    const { status, all } = run(process.execPath, [publint, tarball(), '--strict'])
    expect(status, all).toBe(0)
    expect(all).toContain('All good!')
  })

  test('holds no test and names the licence', () => {
    const files = readdirSync(join(folder, 'node_modules', '@forkpool', name), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', join('dist', 'index.js')]))
    expect(files.filter((file) => /\.(test|bench|types)\.|^test\b/.test(file))).toEqual([])
  })
})
