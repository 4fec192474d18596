import type { ReactNode } from 'react'
import { CompareForm } from '../../features/compare/compare-form.tsx'
import { ComparisonList } from '../../features/compare/comparison-list.tsx'
import { PageHead } from '../../ui/page-head.tsx'

/** The form and the list stay as they are while comparisons change beside them. */
export default function CompareLayout({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <PageHead title="Compare">
        Which pool size pays? The same batch runs with every size, in turns, and the results must be equal.
      </PageHead>
      <div className="compare">
        <div className="stack">
          <CompareForm />
          <ComparisonList />
        </div>
        <div className="stack">{children}</div>
      </div>
    </>
  )
}
