import { join } from 'node:path'
import { npm } from '../install/npm.mjs'
import { inRepository } from '../service/index.ts'

/**
 * Packs a package as it would be published (`npm pack`, which builds it first) and returns the path of its tarball in `into`.
 * Throws with what npm said when it cannot.
 */
export function pack(packageFolder: string, into: string): string {
  const packed = npm(['pack', '--json', '--pack-destination', into], { cwd: inRepository('packages', packageFolder) })
  if (!packed.ok) throw new Error(`npm pack of ${packageFolder} failed: ${packed.stdout}${packed.why}`)
  // Before the JSON stands what the build said.
  const [tarball] = JSON.parse(packed.stdout.slice(packed.stdout.search(/^\[/m))) as { readonly filename: string }[]
  if (tarball === undefined) throw new Error(`npm pack of ${packageFolder} made nothing`)
  return join(into, tarball.filename)
}
