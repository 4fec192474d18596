import { ForkpoolError } from '@forkpool/pool-core/base'

/** One setting: how its text is read, what it is without one, and what it is for. Flags, variables and docs/config.md derive from it. */
export interface Option<Value> {
  readonly read: (text: string, source: string) => Value
  readonly default: Value
  readonly doc: string
  /** What stands for the value in usage texts: `N`, `FILE`; undefined: a switch without a value. */
  readonly placeholder: string | undefined
  /** May be given several times (a variable separates by commas). */
  readonly many: boolean
}

function refuse(source: string, expected: string, got: string): never {
  throw new ForkpoolError('BAD_ARGUMENT', `${source}: expected ${expected}, got "${got}"`)
}

/** A whole number from `min` to `max`. */
export function integer(of: {
  readonly min: number
  readonly max: number
  readonly default: number
  readonly doc: string
}): Option<number> {
  return {
    read(text, source) {
      const value = Number(text)
      if (text.trim() === '' || !Number.isInteger(value) || value < of.min || value > of.max)
        refuse(source, `a whole number from ${of.min} to ${of.max}`, text)
      return value
    },
    default: of.default,
    doc: of.doc,
    placeholder: 'N',
    many: false,
  }
}

/** Any text that is not empty. */
export function text<Default extends string | undefined>(of: {
  readonly default: Default
  readonly placeholder: string
  readonly doc: string
}): Option<string | Default> {
  return {
    read: (given, source) => (given === '' ? refuse(source, 'a text that is not empty', given) : given),
    default: of.default,
    doc: of.doc,
    placeholder: of.placeholder,
    many: false,
  }
}

/** One of a few words. */
export function choice<const Choice extends string>(of: {
  readonly among: readonly Choice[]
  readonly default: Choice
  readonly doc: string
}): Option<Choice> {
  return {
    read: (given, source) => of.among.find((word) => word === given) ?? refuse(source, `one of ${of.among.join(', ')}`, given),
    default: of.default,
    doc: of.doc,
    placeholder: of.among.join('|'),
    many: false,
  }
}

/** A list: the flag several times, or one variable with commas. */
export function list(of: { readonly placeholder: string; readonly doc: string }): Option<readonly string[]> {
  return {
    read: (given, source) => {
      const parts = given.split(',').map((part) => part.trim())
      return parts.includes('') ? refuse(source, 'values separated by commas', given) : parts
    },
    default: [],
    doc: of.doc,
    placeholder: of.placeholder,
    many: true,
  }
}

/** On or off: the flag alone, or a variable `true` or `false`. */
export function toggle(of: { readonly doc: string }): Option<boolean> {
  return {
    read: (given, source) => (given === 'true' || given === '' ? true : given === 'false' ? false : refuse(source, 'true or false', given)),
    default: false,
    doc: of.doc,
    placeholder: undefined,
    many: false,
  }
}
