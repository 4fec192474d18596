/**
 * Adds to package-lock.json the packages for other systems that npm left out: `node tools/lock/complete-lock-file.ts`.
 * Needed after an `npm install` that dropped them; `npm run check` says when.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { inRepository } from '../service/index.ts'
import { missingOptionalPackages, type LockFile } from './optional-packages.ts'

const file = inRepository('package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile
const missing = missingOptionalPackages(lock)
const added = Object.fromEntries(missing.map(({ path, entry }) => [path, entry]))
const entries = Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, undefined, 2)}\n`)
console.log(`package-lock.json: ${missing.length} packages for other systems added`)
