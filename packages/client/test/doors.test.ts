import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as browserDoor from '../src/browser.ts'
import * as nodeDoor from '../src/index.ts'

const IMPORT = /^\s*(?:import|export)\s(?!type\b)[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|(?<![<\w.] ?typeof )\bimport\('([^']+)'\)/gm

/** Every module that is loaded when `entry` is, by address, and every bare name that is no package of this repository. */
function importGraph(entry: URL): { modules: Set<string>; foreign: Set<string> } {
  const modules = new Set<string>()
  const foreign = new Set<string>()
  const todo = [entry]
  for (let url = todo.pop(); url !== undefined; url = todo.pop()) {
    if (modules.has(url.href)) continue
    modules.add(url.href)
    for (const found of readFileSync(url, 'utf8').matchAll(IMPORT)) {
      const name = found[1] ?? found[2] ?? found[3] ?? ''
      if (name.startsWith('.')) todo.push(new URL(name, url))
      else if (name.startsWith('@forkpool/pool-core/')) todo.push(sourceOf(name))
      else foreign.add(name)
    }
  }
  return { modules, foreign }
}

function sourceOf(name: string): URL {
  const root = new URL('../../pool-core/', import.meta.url)
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { exports: Record<string, Record<string, string>> }
  const source = exports[name.replace('@forkpool/pool-core', '.')]?.['forkpool-source']
  if (source === undefined) throw new Error(`${name} is no door of pool-core`)
  return new URL(source, root)
}

test('the browser door loads nothing of Node, and no package', () => {
  const { modules, foreign } = importGraph(new URL('../src/browser.ts', import.meta.url))
  expect([...foreign]).toEqual([])
  expect(modules.size).toBeGreaterThan(40)
  const names = [...modules].map((href) => fileURLToPath(href))
  expect(names.filter((name) => name.endsWith('transports/node.ts'))).toEqual([])
})

test('the walk would see it: the Node door loads ws and node:crypto', () => {
  const { foreign } = importGraph(new URL('../src/index.ts', import.meta.url))
  expect([...foreign].toSorted()).toEqual(['node:crypto', 'ws'])
})

test('both doors have the same names, and these', () => {
  expect(Object.keys(nodeDoor).toSorted()).toEqual([
    'CancelScope',
    'CancelledError',
    'DEFAULT_URL',
    'ForkpoolError',
    'Future',
    'Range',
    'TaskError',
    'TaskGroup',
    'WorkerLostError',
    'asCompleted',
    'compare',
    'connect',
    'fitScalability',
    'range',
    'recommendPoolSize',
    'wait',
  ])
  expect(Object.keys(browserDoor).toSorted()).toEqual(Object.keys(nodeDoor).toSorted())
})
