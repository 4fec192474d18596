import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { ask } from './support/ask.ts'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'
import { JsonClient } from './support/json-client.ts'

interface Made {
  readonly token: string
  readonly line: string
}

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forkpool-reload-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

async function makeToken(role: string, name: string): Promise<Made> {
  const { stdout } = await runForkpool(['token', 'create', '--role', role, '--name', name, '--json'])
  return JSON.parse(stdout) as Made
}

function bearer({ token }: Made): Record<string, string> {
  return { Authorization: `Bearer ${token}` }
}

/** Lines of the log that have this message, parsed. */
function logged(coordinator: Coordinator, message: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = coordinator.stderr.split('\n').filter((line) => line.includes(`"msg":"${message}`))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

const TAKEN = 'settings taken anew'
const NOT_TAKEN = 'settings not taken anew'

/** Has the settings read again; the line of the log that tells of it. */
async function reload(coordinator: Coordinator, message = TAKEN): Promise<Readonly<Record<string, unknown>>> {
  const before = logged(coordinator, message).length
  coordinator.signal('SIGHUP')
  await waitUntil(message, () => logged(coordinator, message).length > before)
  return logged(coordinator, message).at(-1) ?? {}
}

describe('tokens', () => {
  test('one that is taken back loses its connections at once, one with another role its rights, and a new one gets in', async () => {
    const file = join(folder, 'tokens')
    const [stays, goes, sinks, comes] = await Promise.all([
      makeToken('admin', 'stays'),
      makeToken('submit', 'goes'),
      makeToken('submit', 'sinks'),
      makeToken('read', 'comes'),
    ])
    writeFileSync(file, [stays, goes, sinks].map(({ line }) => line).join('\n'))
    await using coordinator = await Coordinator.start(['--token-file', file, '--workers', '1'])
    await using kept = await new JsonClient(coordinator.url, { headers: bearer(stays) }).hello()
    await using inHeader = await new JsonClient(coordinator.url, { headers: bearer(goes) }).hello()
    await using inHello = await new JsonClient(coordinator.url).hello(goes.token)
    await using sinking = await new JsonClient(coordinator.url, { headers: bearer(sinks) }).hello()
    const feed = await fetch(`${coordinator.url}/api/v1/live`, { headers: bearer(goes) })

    writeFileSync(file, [stays.line, sinks.line.replace('submit', 'read'), comes.line].join('\n'))
    expect(await reload(coordinator)).toMatchObject({
      level: 'info',
      tokens: { added: ['comes'], removed: ['goes'], changed: ['sinks'] },
      sentAway: 2,
    })
    for (const gone of [inHeader, inHello]) {
      expect(await gone.closed).toBe(1008)
      expect(gone.received.at(-1)).toMatchObject({ kind: 'refused', error: { code: 'UNAUTHORISED', message: 'the token was taken back' } })
    }
    // A feed ends for everybody, and is asked for again.
    await feed.text()
    sinking.send({ kind: 'submit', batch: 1, task: 'square', items: [3], end: true })
    expect(await sinking.next('refused', 1)).toMatchObject({ error: { code: 'NOT_ALLOWED' } })
    kept.send({ kind: 'submit', batch: 1, task: 'square', items: [3], end: true })
    expect(await kept.next('results', 1)).toMatchObject({ values: [9] })
    const status = async (made: Made): Promise<number> => (await ask(coordinator.url, 'GET', '/api/v1/status', bearer(made))).status
    expect([await status(stays), await status(goes), await status(sinks), await status(comes)]).toEqual([200, 401, 200, 200])
    const { stderr } = coordinator
    for (const { token } of [stays, goes, sinks, comes]) expect(stderr).not.toContain(token)
  })

  test("the batch of a token that was taken back waits, and the name's next token goes on with it", async () => {
    const file = join(folder, 'rotated')
    const [old, next] = await Promise.all([makeToken('submit', 'nightly'), makeToken('submit', 'nightly')])
    writeFileSync(file, old.line)
    await using coordinator = await Coordinator.start(['--token-file', file, '--workers', '1'])
    await using before = await new JsonClient(coordinator.url, { headers: bearer(old) }).hello()
    before.send({ kind: 'submit', batch: 1, task: 'square', items: [3] })
    const { id } = await before.next('accepted', 1)
    writeFileSync(file, next.line)
    expect(await reload(coordinator)).toMatchObject({ tokens: { added: ['nightly'], removed: ['nightly'] } })
    expect(await before.closed).toBe(1008)
    await using after = await new JsonClient(coordinator.url, { headers: bearer(next) }).hello()
    after.send({ kind: 'attach', batch: 1, id })
    await after.next('attached', 1)
    after.send({ kind: 'end', batch: 1 })
    expect(await after.next('results', 1)).toMatchObject({ values: [9] })
  })

  test('a bad file changes nothing and is told of', async () => {
    const file = join(folder, 'good')
    const made = await makeToken('submit', 'ci')
    writeFileSync(file, made.line)
    await using coordinator = await Coordinator.start(['--token-file', file, '--workers', '1'])
    await using cluster = await connect(coordinator.url, { token: made.token })
    for (const [bad, why] of [
      ['', 'is empty'],
      ['submit ci sha256:00', 'line 1: expected sha256:'],
      [`# one token twice\n${made.line}\n${made.line}`, 'has the name or the token of another entry'],
    ] as const) {
      writeFileSync(file, bad)
      expect(await reload(coordinator, NOT_TAKEN)).toMatchObject({ level: 'error', error: expect.stringContaining(why) as unknown })
      expect(await cluster.pool().map('square', [1, 2])).toEqual([1, 4])
    }
    rmSync(file)
    expect((await reload(coordinator, NOT_TAKEN))['error']).toContain('cannot read')
    expect((await ask(coordinator.url, 'GET', '/api/v1/status', bearer(made))).status).toBe(200)
  })

  test('where none was needed, none can be asked for', async () => {
    const file = join(folder, 'settings-with-tokens')
    writeFileSync(file, '')
    await using coordinator = await Coordinator.start(['--config-file', file, '--workers', '1'])
    writeFileSync(file, `FORKPOOL_TOKENS=${(await makeToken('read', 'x')).line}`)
    expect((await reload(coordinator, NOT_TAKEN))['error']).toContain('restart it for that')
    expect((await ask(coordinator.url, 'GET', '/api/v1/status')).status).toBe(200)
  })
})

describe('the file of settings', () => {
  test('is read at the start, behind flags and environment, and again at SIGHUP', async () => {
    const file = join(folder, 'settings')
    writeFileSync(file, '# of this coordinator\nFORKPOOL_LOG_LEVEL=info\nFORKPOOL_MAX_WORKERS=3\nFORKPOOL_WORKERS=2\n')
    await using coordinator = await Coordinator.start(['--config-file', file, '--workers', '1'], { FORKPOOL_MAX_WORKERS: '4' })
    const { body } = await ask(coordinator.url, 'GET', '/api/v1/status')
    expect(JSON.parse(body)).toMatchObject({ maxWorkers: 4 })
    expect(coordinator.workerPids()).toHaveLength(1)
    await using client = await new JsonClient(coordinator.url).hello()
    expect(client.received).toHaveLength(1)
    expect(coordinator.stderr).not.toContain('client connected')
    expect((await ask(coordinator.url, 'GET', '/healthz', { Host: 'pool.example.org' })).status).toBe(421)

    writeFileSync(file, 'FORKPOOL_LOG_LEVEL=debug\nFORKPOOL_ALLOWED_HOSTS=pool.example.org\nFORKPOOL_PORT=1234\nFORKPOOL_POOLS_MAX=7\n')
    expect(await reload(coordinator)).toMatchObject({ settings: ['allowed-hosts', 'log-level'], logLevel: 'debug' })
    expect(logged(coordinator, 'these settings changed')).toMatchObject([{ level: 'warn', settings: ['pools-max'] }])
    await using another = await new JsonClient(coordinator.url).hello()
    expect(another.received).toHaveLength(1)
    await waitUntil('it logs more', () => coordinator.stderr.includes('client connected'))
    expect((await ask(coordinator.url, 'GET', '/healthz', { Host: 'pool.example.org' })).status).toBe(200)

    writeFileSync(file, 'FORKPOOL_LOG_LEVEL=silent\n')
    expect(await reload(coordinator)).toMatchObject({ logLevel: 'silent' })
  })

  test.each([
    ['FORKPOOL_LOG_LEVL=debug', 'FORKPOOL_LOG_LEVL is no setting of the coordinator; did you mean FORKPOOL_LOG_LEVEL?'],
    ['FORKPOOL_TOKEN=canary', 'a token stands in a file of its own (FORKPOOL_TOKEN_FILE)'],
    ['FORKPOOL_PORT=x', 'FORKPOOL_PORT: expected a whole number'],
  ])('serve refuses %s', async (line, message) => {
    const file = join(folder, 'bad-settings')
    writeFileSync(file, line)
    const { code, stderr } = await runForkpool(
      ['serve', '--port', '0', '--config-file', file].filter((word) => (line.includes('PORT') ? word !== '--port' && word !== '0' : true)),
    )
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('canary')
  })
})

describe('the certificate', () => {
  function makeCertificate(cert: string, key: string): void {
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=pool']
    execFileSync('openssl', [...words, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  }

  function shown(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256)
        socket.destroy()
      })
      socket.on('error', reject)
    })
  }

  test('is another one for whoever connects from now on; who is connected stays; files that do not belong together change nothing', async () => {
    const [cert, key, otherCert, otherKey] = ['a.crt', 'a.key', 'b.crt', 'b.key'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ]
    makeCertificate(cert, key)
    makeCertificate(otherCert, otherKey)
    await using coordinator = await Coordinator.start(['--tls-cert', cert, '--tls-key', key, '--workers', '1'])
    const first = await shown(coordinator.url)
    await using before = await connect(coordinator.url, { tls: { ca: readFileSync(cert, 'utf8') } })

    writeFileSync(cert, readFileSync(otherCert))
    expect((await reload(coordinator, NOT_TAKEN))['error']).toContain('cannot be used together')
    expect(await shown(coordinator.url)).toBe(first)

    writeFileSync(key, readFileSync(otherKey))
    const told = await reload(coordinator)
    const second = await shown(coordinator.url)
    expect(second).not.toBe(first)
    expect(told).toMatchObject({ certificate: { fingerprint256: second, subject: 'CN=pool' } })
    await using after = await connect(coordinator.url, { tls: { ca: readFileSync(otherCert, 'utf8') } })
    expect(await before.pool().map('square', [3])).toEqual([9])
    expect(await after.pool().map('square', [3])).toEqual([9])
    await expect(connect(coordinator.url, { tls: { ca: 'x' } })).rejects.toThrow()
  })
})
