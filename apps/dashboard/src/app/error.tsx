'use client'

import { Notice } from '../ui/notice.tsx'

/** A defect of ours: the rest of the page and the live feed go on. */
export default function PageError({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  return (
    <>
      <Notice tone="bad" title="This page failed">
        {error instanceof Error ? error.message : 'Something that is not an error was thrown.'}
      </Notice>
      <div className="row">
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      </div>
    </>
  )
}
