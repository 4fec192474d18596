import { useId } from 'react'

export interface SegmentedProps<Value extends string | number> {
  readonly label: string
  readonly options: readonly { readonly value: Value; readonly text: string }[]
  /** Null: none of them holds now. */
  readonly value: Value | null
  readonly onChoose: (value: Value) => void
}

/** One of a few, as radio buttons: arrow keys work as everywhere. Choosing the chosen one again counts too. */
export function Segmented<Value extends string | number>({ label, options, value, onChoose }: SegmentedProps<Value>) {
  const name = useId()
  return (
    <div className="segmented" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
            onClick={() => option.value === value && onChoose(option.value)}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </div>
  )
}
