import type { Metadata } from 'next'
import { ComparisonResult } from '../../../features/compare/comparison-result.tsx'
import { pathText } from '../../path-text.ts'

export const metadata: Metadata = { title: 'Compare' }

export default async function ComparisonPage({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const id = pathText((await params).id)
  return <ComparisonResult key={id} id={id} />
}
