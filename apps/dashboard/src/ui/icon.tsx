import type { ReactNode } from 'react'

export type IconName = 'overview' | 'batches' | 'workers' | 'compare' | 'system' | 'sort'

/** Drawn on 16 × 16 in the text's colour. Always beside words, hence hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      width={name === 'sort' ? 8 : 16}
      height={name === 'sort' ? 8 : 16}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {SHAPES[name]}
    </svg>
  )
}

const SHAPES: Readonly<Record<IconName, ReactNode>> = {
  overview: <path d="M1.75 12.25 5.5 7.5l3 2.75 5.75-6.5" />,
  batches: <path d="M2.5 3.5h11M2.5 8h11M2.5 12.5h6" />,
  workers: (
    <>
      <rect x="2.25" y="2.25" width="4.5" height="4.5" rx="1" />
      <rect x="9.25" y="2.25" width="4.5" height="4.5" rx="1" />
      <rect x="2.25" y="9.25" width="4.5" height="4.5" rx="1" />
      <rect x="9.25" y="9.25" width="4.5" height="4.5" rx="1" />
    </>
  ),
  compare: <path d="M3 13.5V9M8 13.5V2.5M13 13.5V6" strokeWidth="2" />,
  system: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 4.75V8l2.25 1.5" />
    </>
  ),
  sort: <path d="M3 10.5 8 5.5l5 5" strokeWidth="2.5" />,
}
