import type { Metadata } from 'next'
import { BatchDetail } from '../../../features/batches/batch-detail.tsx'
import { pathText } from '../../path-text.ts'

interface BatchPageProps {
  readonly params: Promise<{ readonly id: string }>
}

export async function generateMetadata({ params }: BatchPageProps): Promise<Metadata> {
  return { title: `Batch ${pathText((await params).id)}` }
}

export default async function BatchPage({ params }: BatchPageProps) {
  const id = pathText((await params).id)
  return <BatchDetail key={id} id={id} />
}
