import { fileURLToPath } from 'node:url'

/** A line of a source file. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
}

/** Reads the `/tasks/bad.ts:4` with which Node begins its report of a source that does not parse; `undefined` where there is none. */
export function placeInStack(report: string): SourcePlace | undefined {
  const found = /^(.+):(\d+)\r?\n/.exec(report)
  if (found === null) return undefined
  const [, place, line] = found as unknown as readonly [string, string, string]
  return { file: place.startsWith('file:') ? fileURLToPath(place) : place, line: Number(line) }
}

/** Reads the place in a line of a stack: `    at run (file:///tasks/bad.ts:4:7)`; `undefined` for Node's own frames. */
export function placeInFrame(frame: string): SourcePlace | undefined {
  const found = /(file:[^()]*?):(\d+):\d+\)?$/.exec(frame)
  return found === null ? undefined : { file: fileURLToPath(found[1] as string), line: Number(found[2]) }
}
