import { problemsByLine, type Problem, type RepositoryFile } from './repository-file.ts'

const TEST_FILE = /\.(test|bench)\.tsx?$/
const CODE = /\.(ts|tsx|mjs|cjs|js|py|css|sh|ya?ml)$|(^|\/)Dockerfile/

/** Written in halves, so that this file keeps its own rule. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)
const SINGLED_OUT = /\b(?:it|test|describe|suite|bench)(?:\.\w+|\([^()]*\))*\.(?:only|skip|todo)\b/
const EMPTY_ASSERTION = /\bexpect\(\s*(true|1)\s*\)\s*\.\s*(toBe|toEqual|toBeTruthy)\(/

/**
 * Nothing unfinished is committed, and every test runs. `skipIf` and `runIf` are allowed: they name a missing program in the test's
 * name, and a build server refuses them.
 */
export function marks(files: readonly RepositoryFile[]): readonly Problem[] {
  return files.flatMap((file) => [
    ...(CODE.test(file.path) ? problemsByLine(file, UNFINISHED, 'an unfinished mark: finish it, or write an issue') : []),
    ...(TEST_FILE.test(file.path) ? problemsByLine(file, SINGLED_OUT, 'a test is left out or singled out') : []),
    ...(TEST_FILE.test(file.path) ? problemsByLine(file, EMPTY_ASSERTION, 'an assertion that cannot fail') : []),
  ])
}
