'use client'

import { useRef, useState } from 'react'
import { callApi } from '../../live/api.ts'

/** Cancels a batch after asking: what has not run yet never will, and that cannot be taken back. */
export function CancelButton({ id }: { readonly id: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [state, setState] = useState<{ readonly kind: 'ready' | 'asked' } | { readonly kind: 'failed'; readonly message: string }>({
    kind: 'ready',
  })

  const cancel = async (): Promise<void> => {
    dialog.current?.close()
    setState({ kind: 'asked' })
    try {
      await callApi(`/batches/${encodeURIComponent(id)}/cancel`, { method: 'POST' })
    } catch (error) {
      setState({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <div className="row">
      {state.kind === 'failed' ? (
        <span className="bad" role="alert">
          {state.message}
        </span>
      ) : null}
      <button type="button" className="button button-danger" disabled={state.kind === 'asked'} onClick={() => dialog.current?.showModal()}>
        {state.kind === 'asked' ? 'Cancelling…' : 'Cancel batch'}
      </button>
      <dialog ref={dialog} className="dialog" aria-labelledby="cancel-title">
        <h2 id="cancel-title">Cancel this batch?</h2>
        <p>Tasks that have not run yet will not run. Results that are there stay there.</p>
        <div className="row row-end">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Keep it running
          </button>
          <button type="button" className="button button-danger" onClick={() => void cancel()}>
            Cancel batch
          </button>
        </div>
      </dialog>
    </div>
  )
}
