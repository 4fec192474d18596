import type { Metadata } from 'next'
import { BatchesLine } from '../../features/batches/batches-line.tsx'
import { BatchesList } from '../../features/batches/batches-list.tsx'
import { PageHead } from '../../ui/page-head.tsx'

export const metadata: Metadata = { title: 'Batches' }

export default function BatchesPage() {
  return (
    <>
      <PageHead title="Batches">
        <BatchesLine />
      </PageHead>
      <BatchesList />
    </>
  )
}
