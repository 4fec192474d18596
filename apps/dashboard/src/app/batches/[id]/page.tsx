import type { Metadata } from 'next'
import { BatchDetail } from '../../../features/batches/batch-detail.tsx'

interface BatchPageProps {
  readonly params: Promise<{ readonly id: string }>
}

export async function generateMetadata({ params }: BatchPageProps): Promise<Metadata> {
  return { title: `Batch ${(await params).id}` }
}

export default async function BatchPage({ params }: BatchPageProps) {
  const { id } = await params
  return <BatchDetail key={id} id={id} />
}
