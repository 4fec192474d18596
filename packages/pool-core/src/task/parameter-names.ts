/**
 * The declared parameters of a function, read from its source (`Function.prototype.toString`), for people who list tasks: `n`,
 * `{ width, height }`, `[first, second]`, `...rest`; defaults and comments are left out. Empty for native functions, and for a source
 * that it cannot read: a listing never fails over one.
 */
export function parameterNames(source: string): string[] {
  const text = source.slice(0, SOURCE_LENGTH_READ)
  let at = 0
  let word = ''
  for (;;) {
    at = skipBlank(text, at)
    if (at >= text.length) return []
    if (text[at] === '(') return splitList(text.slice(at + 1, skipToken(text, at) - 1)).map(describe)
    if (text.startsWith('=>', at)) return word === '' ? [] : [word]
    // What may stand before the list: `async`, `function`, `*`, a name, or the quoted or computed name of a method.
    word = identifierAt(text, at)
    if (word === 'class') return []
    at = word === '' ? skipToken(text, at) : at + word.length
  }
}

/** Parameters stand at the front; a function may be a megabyte of generated code. */
const SOURCE_LENGTH_READ = 10_000

const IDENTIFIER = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy

function identifierAt(text: string, at: number): string {
  IDENTIFIER.lastIndex = at
  return IDENTIFIER.exec(text)?.[0] ?? ''
}

function describe(parameter: string): string {
  const at = skipBlank(parameter, 0)
  if (parameter.startsWith('...', at)) return `...${describe(parameter.slice(at + 3))}`
  if (parameter[at] === '{') {
    const keys = splitList(parameter.slice(at + 1, skipToken(parameter, at) - 1)).map(describeKey)
    return keys.length === 0 ? '{}' : `{ ${keys.join(', ')} }`
  }
  if (parameter[at] === '[')
    return `[${splitList(parameter.slice(at + 1, skipToken(parameter, at) - 1))
      .map(describe)
      .join(', ')}]`
  return identifierAt(parameter, at)
}

/** `height: h = 3` is known to callers as `height`. */
function describeKey(entry: string): string {
  const at = skipBlank(entry, 0)
  if (entry.startsWith('...', at)) return `...${describe(entry.slice(at + 3))}`
  return identifierAt(entry, at) || entry.slice(at, skipToken(entry, at))
}

/** Cuts at the commas that stand in no bracket, string or comment. A trailing comma adds nothing. */
function splitList(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let at = 0
  while (at < text.length) {
    if (text[at] === ',') {
      parts.push(text.slice(start, at))
      start = at + 1
    }
    at = skipToken(text, at)
  }
  if (skipBlank(text, start) < text.length) parts.push(text.slice(start))
  return parts
}

/** The position after blanks and comments. */
function skipBlank(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    if (/\s/.test(text[at] as string)) at++
    else if (text.startsWith('/*', at)) at = endOf(text, '*/', at + 2)
    else if (text.startsWith('//', at)) at = endOf(text, '\n', at + 2)
    else break
  }
  return at
}

/** The position after the token at `at`: a bracket with all that it holds, a string, a template, a comment, a regular expression, or one character. */
function skipToken(text: string, at: number): number {
  const first = text[at] as string
  if (first === '(' || first === '[' || first === '{') return skipBracket(text, at)
  if (first === '"' || first === "'") return skipQuoted(text, at, first)
  if (first === '`') return skipTemplate(text, at)
  if (first !== '/') return at + 1
  const blank = skipBlank(text, at)
  if (blank > at) return blank
  // After a value a slash divides; anywhere else it opens a regular expression.
  return /[\w$)\]}'"`]\s*$/.test(text.slice(Math.max(0, at - 40), at)) ? at + 1 : skipRegularExpression(text, at)
}

function skipBracket(text: string, from: number): number {
  let at = from + 1
  while (at < text.length) {
    const char = text[at]
    if (char === ')' || char === ']' || char === '}') return at + 1
    at = skipToken(text, at)
  }
  return at
}

function skipQuoted(text: string, from: number, quote: string): number {
  let at = from + 1
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipTemplate(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '\\') at += 2
    else if (text.startsWith('${', at)) at = skipBracket(text, at + 1)
    else at++
  }
  return at + 1
}

function skipRegularExpression(text: string, from: number): number {
  let at = from + 1
  let inClass = false
  while (at < text.length && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  return at + 1
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at === -1 ? text.length : at + mark.length
}
