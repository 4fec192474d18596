import { homedir } from 'node:os'
import { problemsByLine, type Problem, type RepositoryFile } from './repository-file.ts'

const HOME_FOLDER = /(?<![\w.$}-])(\/(home|Users)\/[a-z][\w.-]*\/|\/root\/|[A-Z]:\\Users\\)/
const REGISTRY = /\b(https?:\/\/[^\s"'/]*(registry|artifact|nexus|mirror|proxy)[^\s"'/]*|registry\s*=\s*http)/i
const RESOLVED = /"resolved": "https?:/

/** Folders so short or so common that their name in a text says nothing about this machine. */
const PLACE_LENGTH_MIN = 6

/** Nothing names a machine: no home folder, not the folder of this clone, and no package registry, in the lock file neither. */
export function addresses(files: readonly RepositoryFile[], root: string): readonly Problem[] {
  const places = [root, homedir()].filter((place) => place.length >= PLACE_LENGTH_MIN)
  const here = new RegExp(`(?<![\\w.])(${places.map((place) => RegExp.escape(place)).join('|')})(?![\\w-])`)
  return files.flatMap((file) => {
    if (file.path === 'package-lock.json')
      return problemsByLine(file, RESOLVED, 'the lock file records a registry: install with the .npmrc of the root')
    return [
      ...problemsByLine(file, HOME_FOLDER, 'a path of one machine'),
      ...(places.length > 0 ? problemsByLine(file, here, 'the path of this clone or of your home folder') : []),
      ...problemsByLine(file, REGISTRY, 'the address of a package registry'),
    ]
  })
}
