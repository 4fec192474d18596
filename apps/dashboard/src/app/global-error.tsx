'use client'

import '../ui/styles/index.css'
import { Notice } from '../ui/notice.tsx'

/** The frame itself failed, so this is a page of its own. */
export default function GlobalError({ retry }: { readonly error: unknown; readonly retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <main className="main">
          <Notice tone="bad" title="The dashboard failed">
            This is a defect of the dashboard, not of the service.
          </Notice>
          <div className="row">
            <button type="button" className="button" onClick={retry}>
              Try again
            </button>
          </div>
        </main>
      </body>
    </html>
  )
}
