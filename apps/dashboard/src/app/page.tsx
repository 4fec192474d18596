import { OpenBatches } from '../features/batches/open-batches.tsx'
import { ServiceLine } from '../features/system/service-line.tsx'
import { StatusTiles } from '../features/system/status-tiles.tsx'
import { PoolsCard } from '../features/throughput/pools-card.tsx'
import { ThroughputPanel } from '../features/throughput/throughput-panel.tsx'
import { PageHead } from '../ui/page-head.tsx'

export default function OverviewPage() {
  return (
    <>
      <PageHead title="Overview">
        <ServiceLine />
      </PageHead>
      <StatusTiles />
      <ThroughputPanel />
      <OpenBatches />
      <PoolsCard />
    </>
  )
}
