import { missingOptionalPackages, type LockFile } from '../lock/optional-packages.ts'
import type { Problem, RepositoryFile } from './repository-file.ts'

/** The lock file installs on every system: it lists the packages for the others, too. */
export function lockFile(files: readonly RepositoryFile[]): readonly Problem[] {
  const file = files.find(({ path }) => path === 'package-lock.json')
  if (file === undefined) return [{ path: 'package-lock.json', message: 'is missing' }]
  const missing = missingOptionalPackages(JSON.parse(file.text) as LockFile)
  const [first] = missing
  if (first === undefined) return []
  return [
    {
      path: file.path,
      message: `lacks ${missing.length} packages for other systems (${first.path} …), so that npm ci fails: run node tools/lock/complete-lock-file.ts`,
    },
  ]
}
