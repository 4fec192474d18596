import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file that belongs to the repository: Git knows it, or would take it. */
export interface RepositoryFile {
  /** From the root, with `/`. */
  readonly path: string
  readonly bytes: number
  /** Empty for a file that is not text. */
  readonly text: string
}

/** A rule that is not kept. */
export interface Problem {
  readonly path: string
  /** 1 for the first; absent where the whole file is meant. */
  readonly line?: number | undefined
  readonly message: string
}

const TEXT =
  /(\.(ts|tsx|mjs|cjs|js|json|jsonc|md|yml|yaml|py|sh|css|html|txt|svg|toml|conf|containerfile)|(^|\/)(Dockerfile|LICENSE|run|\.[\w-]+)[\w.-]*)$/i

/** All files of the repository, with their text. Throws where there is no Git. */
export function repositoryFiles(root: string): readonly RepositoryFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path)))
  return paths.map((path) => {
    const file = join(root, path)
    return { path, bytes: statSync(file).size, text: TEXT.test(path) ? readFileSync(file, 'utf8') : '' }
  })
}

/** A problem for each line of a file that `pattern` matches. */
export function problemsByLine(file: RepositoryFile, pattern: RegExp, message: string): readonly Problem[] {
  if (!pattern.test(file.text)) return []
  return file.text.split('\n').flatMap((line, at) => (pattern.test(line) ? [{ path: file.path, line: at + 1, message }] : []))
}
