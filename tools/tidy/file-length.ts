import type { Problem, RepositoryFile } from './repository-file.ts'

const LINES_MAX = 500

const CODE = /\.(ts|tsx|mjs|cjs|js|py|css|sh)$/

/** The one mark of files that a program writes. */
const GENERATED = /^.{0,4}(Generated|Written) by .*(do not edit|npm run)/im

/** Files that were longer when the rule came, with the lines they may have. Entries go down or go away; none comes in. */
const EXCEPTIONS: ReadonlyMap<string, number> = new Map()

/** No file of code is longer than a person reads at a sitting. */
export function fileLength(files: readonly RepositoryFile[], exceptions: ReadonlyMap<string, number> = EXCEPTIONS): readonly Problem[] {
  const problems: Problem[] = []
  for (const { path, text } of files) {
    if (!CODE.test(path) || GENERATED.test(text.slice(0, 400))) continue
    const lines = text.split('\n').length - 1
    const allowed = exceptions.get(path)
    if (lines > (allowed ?? LINES_MAX)) problems.push({ path, message: `${lines} lines; at most ${allowed ?? LINES_MAX}` })
    else if (allowed !== undefined && lines < allowed)
      problems.push({ path, message: `has shrunk to ${lines} lines: lower its entry in tools/tidy/file-length.ts from ${allowed}` })
  }
  return problems
}
