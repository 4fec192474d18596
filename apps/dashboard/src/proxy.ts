import { type NextRequest, NextResponse } from 'next/server'
import { contentPolicy } from './guard/content-policy.ts'
import { isAllowedHost } from './guard/host.ts'
import { readHosts } from './sources/settings.ts'

const hosts = readHosts(process.env)

/** Before every page and every API call: the Host must be ours; every page gets a policy with a fresh nonce. */
export function proxy(request: NextRequest): NextResponse {
  if (!isAllowedHost(request.headers.get('host'), hosts)) {
    const message = 'This host name is not known here. Add it to FORKPOOL_DASHBOARD_HOSTS.'
    return NextResponse.json({ error: { code: 'NOT_ALLOWED', message } }, { status: 421 })
  }
  if (request.nextUrl.pathname.startsWith('/api/')) return NextResponse.next()
  const policy = contentPolicy(btoa(crypto.randomUUID()), process.env.NODE_ENV === 'development')
  const headers = new Headers(request.headers)
  // Next reads the nonce from the request's policy and puts it on its own inline scripts.
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

export const config = { matcher: '/((?!_next/static|icon.svg).*)' }
