import process from 'node:process'
import { which } from './which.mjs'

/**
 * The path of a program that a test needs. Without it the test is skipped, and the skip names it; with `CI=true` it fails, because
 * there no test may be skipped.
 *
 * @param {{ skip: (note?: string) => never }} context the test's own context
 * @param {string} name
 * @returns {string}
 */
export function needTool(context, name) {
  const found = which(name)
  if (found !== undefined) return found
  const note = `${name} is missing; tools/install says how to get it`
  if (process.env['CI'] === 'true') throw new Error(note)
  return context.skip(note)
}
