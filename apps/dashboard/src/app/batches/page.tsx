import type { Metadata } from 'next'
import { BatchesList } from '../../features/batches/batches-view.tsx'
import { PageHead } from '../../ui/page-head.tsx'

export const metadata: Metadata = { title: 'Batches' }

export default function BatchesPage() {
  return (
    <>
      <PageHead title="Batches" />
      <BatchesList />
    </>
  )
}
