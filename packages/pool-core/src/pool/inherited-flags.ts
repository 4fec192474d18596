/** Flags that concern this program only: code on the command line, the debugger's port, testing, watching, profiles. */
const OWN =
  /^(-e|--eval|-p|--print|-pe|-c|--check|-i|--interactive|--input-type|--test|--watch|--inspect|--cpu-prof|--heap-prof)(-[a-z-]+)?(=|$)/

/** Those of them that have a value in the next argument. */
const WITH_VALUE = /^(-e|--eval|-p|--print|-pe)$/

/** Of a program's flags for Node (`process.execArgv`) those that its workers need too: loaders, conditions, permissions, limits. */
export function inheritedFlags(flags: readonly string[]): readonly string[] {
  return flags.filter((flag, i) => !OWN.test(flag) && !WITH_VALUE.test(flags[i - 1] ?? ''))
}
