import type { Metadata } from 'next'
import { ServiceLine } from '../../features/system/service-line.tsx'
import { SystemView } from '../../features/system/system-view.tsx'
import { PageHead } from '../../ui/page-head.tsx'

export const metadata: Metadata = { title: 'System' }

export default function SystemPage() {
  return (
    <>
      <PageHead title="System">
        <ServiceLine />
      </PageHead>
      <SystemView />
    </>
  )
}
