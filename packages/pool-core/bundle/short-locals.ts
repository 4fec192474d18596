import type { Plugin } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import { minify } from 'rolldown/utils'
import { privateNames } from './references.ts'
import type { SyntaxNode } from './references.ts'

/** Stands for the `#` of a private name while others are shortened: a letter that no name of this package has. */
const MARK = 'ǃ'

const KEPT = { function: true, class: true }

/**
 * Gives local variables short names, and leaves all else as it is: lines, and the names of functions, classes and their members, for those who read stacks.
 * (The minifier would shorten private names too, and is not to see them.) A fifth less to compile, and to keep.
 */
export function shortLocals(): Plugin {
  return {
    name: 'short-locals',
    async renderChunk(code, { fileName }) {
      if (code.includes(MARK)) throw new Error(`${fileName} has a name with ${MARK}`)
      let marked = ''
      let at = 0
      for (const { start } of privateNames(parseAst(code) as unknown as SyntaxNode)) {
        marked += code.slice(at, start) + MARK
        at = start + 1
      }
      const short = await minify(fileName, marked + code.slice(at), {
        module: true,
        compress: { keepNames: KEPT },
        mangle: { keepNames: KEPT },
        codegen: { removeWhitespace: false },
        sourcemap: true,
      })
      if (short.errors.length > 0) throw new Error(`${fileName}: ${short.errors.map(({ message }) => message).join('; ')}`)
      const text = short.code.replaceAll(MARK, '#')
      return short.map === undefined ? text : { code: text, map: short.map }
    },
  }
}
