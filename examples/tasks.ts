/** The task functions of the lessons: plain exported functions, nothing to register. `npx forkpool serve --tasks examples/tasks.ts` */
import { appendFile, stat } from 'node:fs/promises'

/** A bad amount, with what was wrong as a property of its own. */
class AmountError extends RangeError {
  override readonly name = 'AmountError'
  readonly input: string

  constructor(input: string) {
    super(`"${input}" is no amount of money`)
    this.input = input
  }
}

/** `12.50` → 1250. */
export function parseCents(amount: string): number {
  if (!/^\d+(\.\d\d)?$/.test(amount)) throw new AmountError(amount)
  return Math.round(Number(amount) * 100)
}

/** Succeeds when it runs for the third time, like a service that is still starting. `file` counts the runs, across processes. */
export async function answerAtThirdTry(file: string): Promise<string> {
  await appendFile(file, '.')
  const { size } = await stat(file)
  if (size < 3) throw new Error(`not ready at try ${size}`)
  return `ready at try ${size}`
}
