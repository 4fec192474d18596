import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Folders and files that are made from sources: a build writes them itself. */
const MADE = /^(node_modules|\.next|\.turbo|dist|coverage|next-env\.d\.ts|.*\.tsbuildinfo)$/

/** SHA-256 over the names and contents of all files below these paths (folders or single files), in the order of their names. */
export function sourceDigest(root: string, paths: readonly string[]): string {
  const digest = createHash('sha256')
  for (const path of paths.flatMap((path) => filesBelow(root, path))) {
    const content = readFileSync(join(root, path))
    digest.update(`${path}\0${content.length}\0`).update(content)
  }
  return digest.digest('hex')
}

function filesBelow(root: string, path: string): string[] {
  if (!isFolder(join(root, path))) return [path]
  const entries = readdirSync(join(root, path), { withFileTypes: true }).filter(({ name }) => !MADE.test(name))
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const inside = `${path}/${entry.name}`
    if (entry.isDirectory()) return filesBelow(root, inside)
    return entry.isFile() ? [inside] : []
  })
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory()
}
