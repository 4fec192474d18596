import type { Metadata, Viewport } from 'next'
import { connection } from 'next/server'
import type { ReactNode } from 'react'
import { ConnectionBanner } from '../features/system/connection-banner.tsx'
import { ConnectionPill } from '../features/system/connection-pill.tsx'
import { Stale } from '../features/system/stale.tsx'
import { Rail } from '../ui/rail.tsx'
import '../ui/styles/index.css'

export const metadata: Metadata = {
  title: { default: 'Forkpool', template: '%s · Forkpool' },
  description: 'Process pools: throughput, batches, workers, and which size pays.',
  robots: { index: false, follow: false },
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f6f8' },
    { media: '(prefers-color-scheme: dark)', color: '#0d1015' },
  ],
}

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  // Rendered per request: only then does Next put the request's nonce on its inline scripts (proxy.ts).
  await connection()
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#main">
          Skip to the content
        </a>
        <div className="shell">
          <Rail>
            <ConnectionPill />
          </Rail>
          <main className="main" id="main" tabIndex={-1}>
            <ConnectionBanner />
            <Stale>{children}</Stale>
          </main>
        </div>
      </body>
    </html>
  )
}
