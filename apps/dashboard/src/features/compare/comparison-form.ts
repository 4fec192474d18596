import type { ComparisonRequest } from '@forkpool/pool-core/protocol'

/** What stands in the form's fields, as typed. */
export interface ComparisonForm {
  readonly task: string
  readonly input: 'range' | 'items'
  readonly from: string
  readonly to: string
  readonly items: string
  readonly poolSizes: string
  readonly repeats: string
}

export type FormField = Exclude<keyof ComparisonForm, 'input'>

export type FormCheck =
  | { readonly kind: 'valid'; readonly request: ComparisonRequest; readonly items: number }
  | { readonly kind: 'invalid'; readonly errors: Readonly<Partial<Record<FormField, string>>> }

/** More would keep the service busy for minutes; the command line has no such limit. */
const ITEMS_MAX = 10_000_000
const SIZES_MAX = 12
const REPEATS_MAX = 20

/** Turns the fields into a request, or says of each field what is wrong with it and what is expected. */
export function checkForm(
  form: ComparisonForm,
  known: { readonly tasks: readonly string[]; readonly maxWorkers: number | null },
): FormCheck {
  const errors: Partial<Record<FormField, string>> = {}
  if (form.task === '') errors.task = 'Choose a task.'
  else if (!known.tasks.includes(form.task)) errors.task = `No worker knows a task ${JSON.stringify(form.task)}.`

  const input = form.input === 'range' ? checkRange(form.from, form.to) : checkItems(form.items)
  const sizes = checkSizes(form.poolSizes, known.maxWorkers)
  const repeats = wholeNumber(form.repeats)
  if (repeats === null || repeats < 1 || repeats > REPEATS_MAX) errors.repeats = `Expected a whole number from 1 to ${REPEATS_MAX}.`

  if ('errors' in input) Object.assign(errors, input.errors)
  if (typeof sizes === 'string') errors.poolSizes = sizes
  if (Object.keys(errors).length > 0 || 'errors' in input || typeof sizes === 'string' || repeats === null)
    return { kind: 'invalid', errors }
  return { kind: 'valid', request: { task: form.task, ...input.request, poolSizes: sizes, repeats }, items: input.count }
}

interface InputCheck {
  readonly request: Pick<ComparisonRequest, 'range' | 'items'>
  readonly count: number
}

type InputErrors = { readonly errors: Readonly<Partial<Record<FormField, string>>> }

function checkRange(fromText: string, toText: string): InputCheck | InputErrors {
  const from = wholeNumber(fromText)
  const to = wholeNumber(toText)
  if (from === null) return { errors: { from: 'Expected a whole number.' } }
  if (to === null) return { errors: { to: 'Expected a whole number.' } }
  if (to < from) return { errors: { to: `Expected at least ${from}: the range goes up.` } }
  const count = to - from + 1
  if (count > ITEMS_MAX)
    return { errors: { to: `That is ${count.toLocaleString('en')} items; ${ITEMS_MAX.toLocaleString('en')} at most.` } }
  return { request: { range: { from, to } }, count }
}

/** A JSON array, or one JSON value a line. */
function checkItems(text: string): InputCheck | InputErrors {
  const trimmed = text.trim()
  if (trimmed === '') return { errors: { items: 'Expected a JSON array, or one JSON value a line.' } }
  let items: unknown[]
  if (trimmed.startsWith('[') && isJson(trimmed)) items = JSON.parse(trimmed) as unknown[]
  else {
    items = []
    for (const [index, line] of trimmed.split('\n').entries()) {
      if (line.trim() === '') continue
      if (!isJson(line)) return { errors: { items: `Line ${index + 1} is not JSON: ${shorten(line.trim())}` } }
      items.push(JSON.parse(line))
    }
  }
  if (items.length === 0) return { errors: { items: 'Expected at least one item.' } }
  return { request: { items }, count: items.length }
}

/** The sizes, ascending and each once, or what is wrong. */
function checkSizes(text: string, maxWorkers: number | null): readonly number[] | string {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  if (parts.length === 0) return 'Expected pool sizes such as 1, 2, 4, 8.'
  const sizes: number[] = []
  for (const part of parts) {
    const size = wholeNumber(part)
    if (size === null || size < 1) return `${JSON.stringify(part)} is not a pool size: expected whole numbers from 1.`
    if (maxWorkers !== null && size > maxWorkers) return `${part} is more than this coordinator's ${maxWorkers} workers.`
    if (!sizes.includes(size)) sizes.push(size)
  }
  if (sizes.length > SIZES_MAX) return `${sizes.length} sizes; ${SIZES_MAX} at most.`
  return sizes.sort((a, b) => a - b)
}

function wholeNumber(text: string): number | null {
  const trimmed = text.trim().replaceAll(/[_  ]/g, '')
  if (!/^-?\d+$/.test(trimmed)) return null
  const value = Number(trimmed)
  return Number.isSafeInteger(value) ? value : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`
}
