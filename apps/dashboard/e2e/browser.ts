import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { existsSync } from 'node:fs'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface BrowserOptions {
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
  readonly reducedMotion?: boolean
}

export interface RunningBrowser {
  readonly context: BrowserContext
  /** A page that remembers what it complained about. */
  readonly page: () => Promise<Page>
  /** Errors and warnings of all pages so far: scripts that threw, and what the content policy blocked. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

/** Debian's Chromium, without a window, with a profile of its own that is deleted afterwards. */
export async function startBrowser(options: BrowserOptions = {}): Promise<RunningBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'forkpool-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: FLAGS,
    viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
    colorScheme: options.scheme ?? 'light',
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
  })
  const complaints: string[] = []
  return {
    context,
    complaints,
    page: async () => {
      const page = await context.newPage()
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        // A refused request is reported by the browser itself; the tests that provoke one look at the page.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
      })
      return page
    },
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** @throws Error naming what to install. */
function findChromium(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser']) if (existsSync(join(folder, name))) return join(folder, name)
  }
  throw new Error('Chromium is needed for these tests: apt-get install chromium')
}
