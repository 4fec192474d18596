'use client'

import type { ComparisonView, TasksView } from '@forkpool/pool-core/protocol'
import { useRouter } from 'next/navigation'
import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react'
import { callApi } from '../../live/api.ts'
import { useFetched } from '../../live/use-fetched.ts'
import { useLive } from '../../live/use-live.ts'
import { Card } from '../../ui/card.tsx'
import { formatExact, plural } from '../../ui/format.ts'
import { Segmented } from '../../ui/segmented.tsx'
import { checkForm, type ComparisonForm, type FormField } from './comparison-form.ts'

const INITIAL: ComparisonForm = { task: '', input: 'range', from: '1', to: '2000', items: '', poolSizes: '1, 2, 4', repeats: '3' }
/** Enough work to tell sizes apart within seconds; chosen for the reader until he chooses. */
const FIRST_TASK = 'primeCount'

/** Starts a comparison of pool sizes on one batch. */
export function CompareForm() {
  const router = useRouter()
  const { snapshot, link } = useLive()
  const { view, error, refresh } = useFetched<TasksView>('/tasks')
  const [typed, setTyped] = useState(INITIAL)
  const [isTried, setTried] = useState(false)
  const [sending, setSending] = useState<{ readonly kind: 'no' | 'yes' } | { readonly kind: 'refused'; readonly message: string }>({
    kind: 'no',
  })
  const isLive = link.kind === 'live'
  const isMissing = view === null && error !== null
  useEffect(() => {
    if (isLive && isMissing) refresh()
  }, [isLive, isMissing, refresh])

  const tasks = view?.tasks ?? []
  const preset = tasks.find((task) => task.name === FIRST_TASK) ?? tasks[0]
  const form = typed.task === '' && preset !== undefined ? { ...typed, task: preset.name } : typed
  const chosen = tasks.find((task) => task.name === form.task)
  const check = checkForm(form, { tasks: tasks.map((task) => task.name), maxWorkers: snapshot?.status.maxWorkers ?? null })
  const errors = isTried && check.kind === 'invalid' ? check.errors : {}
  const set = (field: keyof ComparisonForm) => (value: string) => setTyped({ ...form, [field]: value })

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (check.kind === 'invalid') return
    setSending({ kind: 'yes' })
    try {
      const { id } = await callApi<ComparisonView>('/comparisons', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(check.request),
      })
      setSending({ kind: 'no' })
      router.push(`/compare/${encodeURIComponent(id)}`)
    } catch (reason) {
      setSending({ kind: 'refused', message: reason instanceof Error ? reason.message : String(reason) })
    }
  }
  return (
    <Card title="New comparison">
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <Field
          name="task"
          label="Task"
          help={chosen === undefined ? undefined : describe(chosen.module, chosen.parameters, chosen.description)}
          error={errors.task}
        >
          {(props) => (
            <select {...props} value={form.task} disabled={tasks.length === 0} onChange={(event) => set('task')(event.target.value)}>
              {tasks.length === 0 ? <option value="">{error === null ? 'Loading…' : 'No tasks known'}</option> : null}
              {tasks.map((task) => (
                <option key={task.name} value={task.name}>
                  {task.name}({task.parameters.join(', ')})
                </option>
              ))}
            </select>
          )}
        </Field>
        <div className="field">
          <span className="field-label">Items</span>
          <div>
            <Segmented
              label="Kind of items"
              options={[
                { value: 'range', text: 'Numbers from A to B' },
                { value: 'items', text: 'JSON' },
              ]}
              value={form.input}
              onChoose={set('input')}
            />
          </div>
        </div>
        {form.input === 'range' ? (
          <div className="pair">
            <Field name="from" label="From" error={errors.from}>
              {(props) => <input {...props} inputMode="numeric" value={form.from} onChange={(event) => set('from')(event.target.value)} />}
            </Field>
            <span aria-hidden="true" className="soft">
              …
            </span>
            <Field name="to" label="To" error={errors.to}>
              {(props) => <input {...props} inputMode="numeric" value={form.to} onChange={(event) => set('to')(event.target.value)} />}
            </Field>
          </div>
        ) : (
          <Field name="items" label="Items as JSON" help="A JSON array, or one JSON value a line." error={errors.items}>
            {(props) => (
              <textarea {...props} spellCheck={false} value={form.items} onChange={(event) => set('items')(event.target.value)} />
            )}
          </Field>
        )}
        <Field
          name="poolSizes"
          label="Pool sizes"
          help={
            snapshot === null
              ? undefined
              : `${plural(snapshot.status.cores, 'core')} here, ${formatExact(snapshot.status.maxWorkers)} workers at most`
          }
          error={errors.poolSizes}
        >
          {(props) => <input {...props} value={form.poolSizes} onChange={(event) => set('poolSizes')(event.target.value)} />}
        </Field>
        <Field name="repeats" label="Repeats" help="Sizes take turns; the median counts." error={errors.repeats}>
          {(props) => (
            <input {...props} inputMode="numeric" value={form.repeats} onChange={(event) => set('repeats')(event.target.value)} />
          )}
        </Field>
        {sending.kind === 'refused' ? (
          <p className="field-error" role="alert">
            {sending.message}
          </p>
        ) : null}
        <div className="row">
          <button type="submit" className="button button-main" disabled={sending.kind === 'yes' || tasks.length === 0}>
            {sending.kind === 'yes' ? 'Starting…' : 'Compare'}
          </button>
          {check.kind === 'valid' ? (
            <span className="soft">{summaryOf(check.items, check.request.poolSizes.length, check.request.repeats ?? 3)}</span>
          ) : null}
        </div>
      </form>
    </Card>
  )
}

interface FieldInput {
  readonly id: string
  readonly name: string
  readonly className: string
  readonly 'aria-invalid': boolean | undefined
  readonly 'aria-describedby': string
}

function Field({
  name,
  label,
  help,
  error,
  children,
}: {
  readonly name: FormField
  readonly label: string
  readonly help?: string | undefined
  readonly error: string | undefined
  readonly children: (props: FieldInput) => ReactNode
}) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, name, className: 'input', 'aria-invalid': error === undefined ? undefined : true, 'aria-describedby': noteId })}
      <span id={noteId} className={error === undefined ? 'field-help' : 'field-error'} role={error === undefined ? undefined : 'alert'}>
        {error ?? help}
      </span>
    </div>
  )
}

function describe(module: string, parameters: readonly string[], description: string | undefined): string {
  const from = module === 'built-in' ? 'built in' : `from ${module}`
  return description ?? `${plural(parameters.length, 'parameter')}, ${from}`
}

function summaryOf(items: number, sizes: number, repeats: number): string {
  return `${formatExact(items * sizes * repeats)} tasks in all`
}
