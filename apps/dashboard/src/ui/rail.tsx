'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { BrandMark } from './brand-mark.tsx'
import { Icon, type IconName } from './icon.tsx'

const PAGES: readonly { readonly href: string; readonly name: string; readonly icon: IconName }[] = [
  { href: '/', name: 'Overview', icon: 'overview' },
  { href: '/batches', name: 'Batches', icon: 'batches' },
  { href: '/workers', name: 'Workers', icon: 'workers' },
  { href: '/compare', name: 'Compare', icon: 'compare' },
  { href: '/system', name: 'System', icon: 'system' },
]

/** The name, the pages, and at its foot what the caller puts there. */
export function Rail({ children }: { readonly children: ReactNode }) {
  const path = usePathname()
  return (
    <header className="rail">
      <div className="rail-inner">
        <Link href="/" className="brand">
          <BrandMark />
          Forkpool
        </Link>
        <nav aria-label="Pages">
          <ul className="nav">
            {PAGES.map(({ href, name, icon }) => (
              <li key={href}>
                <Link href={href} aria-current={path === href ? 'page' : href !== '/' && path.startsWith(`${href}/`) ? 'true' : undefined}>
                  <Icon name={icon} />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="rail-foot">{children}</div>
      </div>
    </header>
  )
}
