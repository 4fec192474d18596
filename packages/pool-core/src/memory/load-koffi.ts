import type * as Koffi from 'koffi'
import { requireHere } from '../package-files.ts'
import { koffiBinary, useKoffiBinary } from './koffi-binary.ts'

/** How musl calls processors, where Node has another name for them. */
const MUSL_NAMES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/** What is used of koffi. */
export type KoffiCore = Pick<typeof Koffi, 'address' | 'errno' | 'load' | 'os' | 'view'>

/**
 * Loads koffi: on Linux its binary alone, where that is in its place. Its own loader, which finds the binary everywhere, loads streams and others of
 * Node's modules on the way: 8 ms and 6 MB of each worker process, where the binary takes 0.7 ms and 2 MB.
 * @throws Error where koffi has no binary for this machine, or where Node may load none.
 */
export function loadKoffi(): KoffiCore {
  try {
    const binary = koffiBinary() ?? findBinary()
    useKoffiBinary(binary)
    if (binary !== undefined) return requireHere()(binary) as KoffiCore
  } catch {
    useKoffiBinary(undefined)
  }
  return requireHere()('koffi') as KoffiCore
}

/** Undefined also where the C library is musl, as that of Alpine Linux. @throws Error where it is not in its place. */
function findBinary(): string | undefined {
  if (process.platform !== 'linux' || hasMusl()) return undefined
  // It is in a package of its own, which koffi depends on, and names its exact version: so it is looked for from there.
  const { createRequire } = process.getBuiltinModule('node:module')
  const loader = createRequire(requireHere().resolve('koffi')).resolve(`@koromix/koffi-linux-${process.arch}`)
  return createRequire(loader).resolve(`./linux_${process.arch}/koffi.node`)
}

function hasMusl(): boolean {
  return process.getBuiltinModule('node:fs').existsSync(`/lib/ld-musl-${MUSL_NAMES[process.arch] ?? process.arch}.so.1`)
}
