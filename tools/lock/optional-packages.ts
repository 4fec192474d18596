/** The part of package-lock.json (version 3) that is read and written here. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>
}

export interface LockEntry {
  readonly version?: string | undefined
  readonly dev?: boolean | undefined
  readonly optional?: boolean | undefined
  readonly optionalDependencies?: Readonly<Record<string, string>> | undefined
  readonly cpu?: readonly string[] | undefined
  readonly os?: readonly string[] | undefined
  readonly libc?: readonly string[] | undefined
}

/** An entry that the lock file lacks, and where it belongs. */
export interface MissingEntry {
  readonly path: string
  readonly entry: LockEntry
}

const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/

/**
 * Packages for other systems that packages of the lock file name as optional, and that it does not list. npm drops them where its
 * registry does not have them, or where node_modules was made on one system; `npm ci` then refuses the lock file on every system.
 * Their entries follow from their names, which say version, system and processor. Throws for a name that does not.
 */
export function missingOptionalPackages(lock: LockFile): readonly MissingEntry[] {
  const missing = new Map<string, LockEntry>()
  for (const [path, parent] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (placesOf(path, name).some((place) => place in lock.packages)) continue
      if (!EXACT_VERSION.test(version))
        throw new Error(`${path} wants ${name}@${version}, which is no exact version: install it where it can be had`)
      const { cpu, libc, os } = platformOf(name)
      // In the order in which npm writes them, so that its next run changes nothing.
      const entry = { version, cpu, dev: parent.dev, libc, optional: true, os }
      missing.set(`node_modules/${name}`, entry)
    }
  }
  return [...missing].map(([path, entry]) => ({ path, entry }))
}

/** Where Node would find `name` from the package at `path`. */
function placesOf(path: string, name: string): string[] {
  const places = [`node_modules/${name}`]
  for (let at = path.indexOf('node_modules/'); at !== -1; at = path.indexOf('/node_modules/', at + 1)) {
    const end = path.indexOf('/node_modules/', at + 1)
    places.push(`${end === -1 ? path : path.slice(0, end)}/node_modules/${name}`)
  }
  return places
}

const SYSTEMS: readonly (readonly [pattern: RegExp, os: string])[] = [
  [/android/, 'android'],
  [/darwin/, 'darwin'],
  [/freebsd/, 'freebsd'],
  [/openharmony/, 'openharmony'],
  [/linux/, 'linux'],
  [/win32|windows|-win-/, 'win32'],
]

const PROCESSORS: readonly (readonly [pattern: RegExp, cpu: string])[] = [
  [/arm64/, 'arm64'],
  [/arm(?!64)/, 'arm'],
  [/ia32/, 'ia32'],
  [/ppc64/, 'ppc64'],
  [/riscv64/, 'riscv64'],
  [/s390x/, 's390x'],
  [/x64|-64$/, 'x64'],
]

function platformOf(name: string): Pick<LockEntry, 'cpu' | 'os' | 'libc'> {
  const os = SYSTEMS.find(([pattern]) => pattern.test(name))?.[1]
  const cpu = PROCESSORS.find(([pattern]) => pattern.test(name))?.[1]
  if (os === undefined || cpu === undefined)
    throw new Error(`${name}: its name says no system and processor: install it where it can be had`)
  const libc = /-musl/.test(name) ? 'musl' : /-gnu/.test(name) ? 'glibc' : undefined
  return { cpu: [cpu], libc: libc === undefined ? undefined : [libc], os: [os] }
}
