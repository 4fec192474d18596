import { readChunks } from './file-chunks.ts'
import { readBelowRoots } from './task-roots.ts'

export interface WordCount {
  /** Newlines. */
  readonly lines: number
  /** Runs of bytes without ASCII white space between: words of UTF-8 text, too. */
  readonly words: number
  readonly bytes: number
}

/** Lines, words and bytes of a file below the allowed folders, as `wc` counts them in ASCII text. Memory does not grow with the file. */
export function wordCountFile(path: string): WordCount {
  return readBelowRoots('wordCountFile', path, (descriptor) => {
    let lines = 0
    let words = 0
    let bytes = 0
    let inWord = false
    readChunks(descriptor, (chunk) => {
      bytes += chunk.length
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i] as number
        if (byte === NEWLINE) lines++
        const isSpace = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
        if (!isSpace && !inWord) words++
        inWord = !isSpace
      }
    })
    return { lines, words, bytes }
  })
}
wordCountFile.description = 'Lines, words and bytes of a file below the folders that the operator allowed.'

const NEWLINE = 0x0a
