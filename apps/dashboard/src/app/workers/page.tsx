import type { Metadata } from 'next'
import { WorkersLine } from '../../features/workers/workers-line.tsx'
import { WorkersTable } from '../../features/workers/workers-table.tsx'
import { PageHead } from '../../ui/page-head.tsx'

export const metadata: Metadata = { title: 'Workers' }

export default function WorkersPage() {
  return (
    <>
      <PageHead title="Workers">
        <WorkersLine />
      </PageHead>
      <WorkersTable />
    </>
  )
}
