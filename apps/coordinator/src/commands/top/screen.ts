import type { LineStyle, TopLine } from './top-view.ts'

/** The other screen, so that what was on this one is back afterwards; no cursor; long lines end at the edge. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'

const STYLES: Readonly<Record<LineStyle, string>> = { title: '\u001b[1m', heading: '\u001b[7m', alarm: '\u001b[1;31m', plain: '' }

const CTRL_C = '\u0003'

export interface ScreenOptions {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly colours: boolean
  /** The terminal knows no commands: one picture comes below the other. */
  readonly isDumb: boolean
  /** `q` or Ctrl-C was pressed, or the terminal is gone. */
  readonly onQuit: () => void
  readonly onResize: () => void
}

/**
 * A terminal while a live view has it. Once opened it is given back by `close`, and by the end of the program, whatever ends it: an error that nobody caught,
 * a second Ctrl-C.
 */
export class Screen {
  readonly #options: ScreenOptions
  readonly #onData = (data: Buffer): void => {
    if (/[qQ]/.test(data.toString('latin1')) || data.includes(CTRL_C)) this.#options.onQuit()
  }
  readonly #onExit = (): void => this.close()
  #isOpen = false

  constructor(options: ScreenOptions) {
    this.#options = options
  }

  /** Lines that there is room for; a terminal that does not know its size has 24. */
  get rows(): number {
    return this.#options.stdout.rows || 24
  }

  open(): void {
    const { stdin, stdout, isDumb, onQuit, onResize } = this.#options
    this.#isOpen = true
    process.once('exit', this.#onExit)
    process.once('SIGHUP', onQuit)
    stdout.on('resize', onResize)
    if (stdin.isTTY) {
      stdin.setRawMode(true)
      stdin.on('data', this.#onData)
      stdin.once('end', onQuit)
      stdin.resume()
    }
    if (!isDumb) stdout.write(ENTER)
  }

  /** Writes over what is there: nothing is wiped first, so nothing flickers. */
  draw(lines: readonly TopLine[]): void {
    if (!this.#isOpen) return
    const { colours, isDumb, stdout } = this.#options
    const shown = lines.slice(0, this.rows)
    if (isDumb) {
      stdout.write(`${shown.map(({ text }) => text).join('\r\n')}\r\n\r\n`)
      return
    }
    const text = shown.map(({ text: line, style }) => {
      const start = colours ? STYLES[style] : ''
      return `${start}${line}\u001b[K${start === '' ? '' : '\u001b[m'}`
    })
    stdout.write(`\u001b[H${text.join('\r\n')}${shown.length < this.rows ? '\u001b[J' : ''}`)
  }

  /** Gives the terminal back. A second time does nothing. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const { stdin, stdout, isDumb, onQuit, onResize } = this.#options
    process.off('exit', this.#onExit)
    process.off('SIGHUP', onQuit)
    stdout.off('resize', onResize)
    if (!isDumb) stdout.write(LEAVE)
    if (!stdin.isTTY) return
    stdin.off('data', this.#onData)
    stdin.off('end', onQuit)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
