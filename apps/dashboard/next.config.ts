import { resolve } from 'node:path'
import type { NextConfig } from 'next'

// Nothing is reported to anybody, however the dashboard is started.
process.env['NEXT_TELEMETRY_DISABLED'] = '1'

const config: NextConfig = {
  // The repository's root: dependencies and the protocol's types live there, and Next need not guess it from lock files.
  turbopack: { root: resolve(import.meta.dirname, '../..') },
  reactStrictMode: true,
  poweredByHeader: false,
  agentRules: false,
  // The policy of scripts and styles carries a nonce and is set per request in src/proxy.ts; these hold for every answer.
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'no-referrer' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
      ],
    },
  ],
}

export default config
