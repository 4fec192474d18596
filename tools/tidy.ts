/**
 * The repository's own rules, those that no linter knows: sizes, unfinished marks, tests left out, machine paths, places.
 * Prints a line per problem; exit code 1 when there is one.
 */
import { ROOT } from './service/index.ts'
import { addresses } from './tidy/addresses.ts'
import { fileLength } from './tidy/file-length.ts'
import { functionLength } from './tidy/function-length.ts'
import { lockFile } from './tidy/lock-file.ts'
import { marks } from './tidy/marks.ts'
import { places } from './tidy/places.ts'
import { repositoryFiles } from './tidy/repository-file.ts'

const files = repositoryFiles(ROOT)
const problems = [
  ...fileLength(files),
  ...functionLength(['.']),
  ...marks(files),
  ...addresses(files, ROOT),
  ...places(files),
  ...lockFile(files),
]
for (const { path, line, message } of problems) console.log(line === undefined ? `${path}: ${message}` : `${path}:${line}: ${message}`)
if (problems.length > 0) process.exitCode = 1
else console.log(`${files.length} files, every rule kept`)
