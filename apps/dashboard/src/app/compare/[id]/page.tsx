import type { Metadata } from 'next'
import { ComparisonResult } from '../../../features/compare/comparison-result.tsx'

export const metadata: Metadata = { title: 'Compare' }

export default async function ComparisonPage({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params
  return <ComparisonResult key={id} id={id} />
}
