import { ensureDebian } from '../install/debian.mjs'
import { ensureGoTools } from '../install/go-tools.mjs'
import { ensureNextNode } from '../install/next-node.mjs'
import { ensurePython } from '../install/python.mjs'
import type { MissingTool } from './tally.ts'

/** Installs the programs that tests need and are not there; what could not be had is returned with the reason. */
export function installTestTools(): readonly MissingTool[] {
  const reports = [ensureDebian(), ensureGoTools(), ensurePython(), ensureNextNode()]
  return reports.flatMap((report) => report.missing)
}
