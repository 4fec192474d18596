import { ForkpoolError, TaskError } from '@forkpool/pool-core/base'

/** Stack lines of a task's error that are shown: where it threw, not how the worker got there. */
const STACK_LINES = 6

/** An error for a person: what failed, why, its own properties, and for a task's error where it was thrown. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof TaskError) return taskErrorText(error)
  const lines = [error instanceof ForkpoolError ? error.message : `${error.name}: ${error.message}`]
  if (error.cause instanceof Error && !(error instanceof ForkpoolError))
    lines.push(`  caused by ${error.cause.name}: ${error.cause.message}`)
  return lines.join('\n')
}

function taskErrorText(error: TaskError): string {
  const { task, index, attempts, cause } = error
  const head = `task "${task}", item ${index}${attempts > 1 ? `, after ${attempts} attempts` : ''}`
  if (!(cause instanceof Error)) return `${head}: ${error.message}`
  const lines = [`${head}: ${cause.name}: ${cause.message}`]
  for (const [key, value] of Object.entries(cause)) lines.push(`  ${key}: ${shown(value)}`)
  const stack = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('node:internal'))
  lines.push(...stack.slice(0, STACK_LINES).map((line) => `  ${line.trim()}`))
  if (cause.cause instanceof Error) lines.push(`  caused by ${cause.cause.name}: ${cause.cause.message}`)
  return lines.join('\n')
}

function shown(value: unknown): string {
  try {
    const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
    return text.length > 300 ? `${text.slice(0, 300)}…` : text
  } catch {
    return String(value)
  }
}
