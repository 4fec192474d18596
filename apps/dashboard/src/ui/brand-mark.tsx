/** One line that becomes three: the mark of the project. */
export function BrandMark() {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M2.5 10H17.5M6 10c4 0 3.5-6 8-6h3.5M6 10c4 0 3.5 6 8 6h3.5" />
    </svg>
  )
}
