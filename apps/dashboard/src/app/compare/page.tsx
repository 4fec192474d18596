import type { Metadata } from 'next'
import { Card } from '../../ui/card.tsx'
import { Empty } from '../../ui/empty.tsx'

export const metadata: Metadata = { title: 'Compare' }

export default function ComparePage() {
  return (
    <Card title="Result" flush>
      <Empty title="No comparison chosen">Start one, or choose an earlier one.</Empty>
    </Card>
  )
}
