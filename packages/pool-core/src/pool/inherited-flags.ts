/** Flags that concern this program only: code on the command line, the debugger's port, testing, watching, profiles. */
const OWN =
  /^(-e|--eval|-p|--print|-pe|-c|--check|-i|--interactive|--input-type|--test|--watch|--inspect|--cpu-prof|--heap-prof)(-[a-z-]+)?(=|$)/

/** Those of them whose value is the next argument, whatever it looks like. Of others it is one only where it is no flag itself. */
const WITH_VALUE = /^(-e|--eval|-p|--print|-pe)$/

/** Of a program's flags for Node (`process.execArgv`) those that its workers need too: loaders, conditions, permissions, limits. */
export function inheritedFlags(flags: readonly string[]): readonly string[] {
  return flags.filter((flag, i) => {
    const before = flags[i - 1] ?? ''
    const isValueOfOwn = WITH_VALUE.test(before) || (OWN.test(before) && !before.includes('=') && !flag.startsWith('-'))
    return !OWN.test(flag) && !isValueOfOwn
  })
}
