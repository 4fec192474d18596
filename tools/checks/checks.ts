import { inRepository, SOURCE_FLAGS } from '../service/index.ts'

/** One rule of the repository that a program can judge: exit code 0 means kept. */
export interface Check {
  readonly name: string
  /** What it looks at, for people. */
  readonly about: string
  /** Arguments of Node: a script and its own arguments. */
  readonly args: readonly string[]
}

const script = (name: string, path: string): string => inRepository('node_modules', name, path)

/** The checks, the quick ones first. */
export const CHECKS: readonly Check[] = [
  { name: 'format', about: 'oxfmt', args: [script('oxfmt', 'bin/oxfmt'), '--check'] },
  { name: 'manifests', about: 'sherif', args: [script('sherif', 'index.js'), '--fail-on-warnings'] },
  { name: 'tidy', about: 'sizes, marks, addresses, places, lock file', args: [...SOURCE_FLAGS, inRepository('tools', 'tidy.ts')] },
  { name: 'docs', about: 'generated pages say what the code does', args: [...SOURCE_FLAGS, inRepository('tools', 'docs.ts'), '--check'] },
  { name: 'lint', about: 'oxlint: rules and doors', args: [script('oxlint', 'bin/oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'dead code', about: 'knip', args: [script('knip', 'bin/knip.js'), '--no-progress', '--treat-config-hints-as-errors'] },
  {
    name: 'types',
    about: 'TypeScript in every package',
    args: [script('turbo', 'bin/turbo'), 'run', 'check-types', '--output-logs=errors-only', '--continue=always'],
  },
]
