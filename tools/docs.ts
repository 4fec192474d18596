import { readFileSync, writeFileSync } from 'node:fs'
import { PAGES } from './docs/pages.ts'

// `npm run docs` writes the generated pages; with --check it changes nothing and fails where a page is not what the code says.
const check = process.argv.includes('--check')
const root = new URL('../', import.meta.url)
const stale: string[] = []
for (const page of PAGES) {
  const file = new URL(page.path, root)
  const text = page.text()
  if (check) {
    let present: string | undefined
    try {
      present = readFileSync(file, 'utf8')
    } catch {
      present = undefined
    }
    if (present !== text) stale.push(page.path)
  } else {
    writeFileSync(file, text)
    process.stdout.write(`${page.path}\n`)
  }
}
if (stale.length > 0) {
  process.stderr.write(`not what the code says: ${stale.join(', ')}; run: npm run docs\n`)
  process.exitCode = 1
}
