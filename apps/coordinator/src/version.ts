import { readFileSync } from 'node:fs'

/** The version of this package: the same from source and compiled, one folder below package.json either way. */
export const VERSION: string = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version
