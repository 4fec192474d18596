import { linePath } from './path.ts'

/** A line without axes, as wide as its place; what it says must stand in words beside it. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const max = Math.max(...values, Number.MIN_VALUE)
  const step = values.length > 1 ? 300 / (values.length - 1) : 0
  return (
    <svg className="sparkline" viewBox="0 0 300 56" preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={linePath(values.map((value, i) => [i * step, 53 - (value / max) * 50]))} />
    </svg>
  )
}
