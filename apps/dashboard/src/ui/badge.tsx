export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent'

/** A state in one word; the colour only repeats what the word says. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return <span className={tone === 'plain' ? 'badge' : `badge badge-${tone}`}>{children}</span>
}
