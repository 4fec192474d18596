#!/usr/bin/env node
// Starts the `forkpool` command: from its TypeScript sources in a checkout, compiled elsewhere.
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'

const source = new URL('../src/main.ts', import.meta.url)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const runsTypeScript = major > 22 || (major === 22 && minor >= 18)

if (existsSync(source) && runsTypeScript) {
  nodeModule.enableCompileCache?.()
  // Packages of this repository are found as sources, too.
  nodeModule.registerHooks({
    resolve: (specifier, context, next) => next(specifier, { ...context, conditions: ['forkpool-source', ...context.conditions] }),
  })
  await import(source.href)
} else if (existsSync(new URL('../dist/main.js', import.meta.url))) {
  await import(new URL('../dist/main.js', import.meta.url).href)
} else {
  process.stderr.write(`forkpool: Node ${process.versions.node} cannot run it from source; run it as: npx forkpool, after npm ci\n`)
  process.exitCode = 2
}
