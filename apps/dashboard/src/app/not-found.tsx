import Link from 'next/link'
import { Empty } from '../ui/empty.tsx'

export default function NotFound() {
  return (
    <Empty title="There is no such page">
      <Link href="/">To the overview</Link>
    </Empty>
  )
}
