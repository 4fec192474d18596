/**
 * Whether a request may name us by this Host header. A page of another site can make a browser connect to a loopback server under a name of
 * its own (DNS rebinding); such a name is never a literal address, so literal addresses, loopback names and configured names are allowed.
 */
export function isAllowedHost(host: string | null, configured: ReadonlySet<string>): boolean {
  if (host === null || !URL.canParse(`http://${host}`)) return false
  const name = new URL(`http://${host}`).hostname
  if (name === 'localhost' || name.endsWith('.localhost') || configured.has(name)) return true
  return name.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(name)
}

/**
 * Whether a request that changes something comes from a page of ours: browsers send Origin with every POST. Programs without a browser send
 * none and are allowed, for they could send any.
 */
export function isSameOrigin(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') return false
  const origin = headers.get('origin')
  if (origin === null) return true
  return URL.canParse(origin) && new URL(origin).host === headers.get('host')
}
