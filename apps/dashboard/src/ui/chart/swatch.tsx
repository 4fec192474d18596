/** A piece of a line as in the chart, for legends. */
export function Swatch({ hue, dash, off = false }: { readonly hue: number; readonly dash?: string | undefined; readonly off?: boolean }) {
  return (
    <svg className={`swatch hue-${hue}${off ? ' swatch-off' : ''}`} width="18" height="8" aria-hidden="true">
      <line x1="0" y1="4" x2="18" y2="4" strokeDasharray={dash} />
    </svg>
  )
}
