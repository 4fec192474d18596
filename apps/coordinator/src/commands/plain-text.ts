/** Control characters, and those that turn the direction of writing: on a terminal they are commands. */
// oxlint-disable-next-line no-control-regex
const COMMANDS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A text as it may be written to a terminal: names come from clients, and must not move a cursor or rename a window. */
export function plainText(text: string): string {
  return text.replace(COMMANDS, '\ufffd')
}
