import process from 'node:process'

/**
 * What an installer found or made. A tool that could not be had is reported, never thrown: the tests that need it say so.
 *
 * @typedef {object} InstallReport
 * @property {string[]} installed present now, whether they were there before or not
 * @property {{ name: string, reason: string }[]} missing
 */

/** @returns {InstallReport} */
export function emptyReport() {
  return { installed: [], missing: [] }
}

/**
 * Says what is being done: installers may take minutes, and nobody should wonder.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`install: ${line}\n`)
}

/** Whether nobody is there to answer a question. */
export function unattended() {
  return process.env['CI'] === 'true' || !process.stdin.isTTY || !process.stderr.isTTY
}
