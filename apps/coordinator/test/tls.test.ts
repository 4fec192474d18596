import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { Coordinator, runForkpool } from './support/forkpool.ts'

let folder: string
let coordinator: Coordinator
let certificate: string

/** A self-signed certificate for these names, made by openssl as an operator would. */
function makeCertificate(name: string, names: string): { readonly cert: string; readonly key: string } {
  const cert = join(folder, `${name}.crt`)
  const key = join(folder, `${name}.key`)
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', [...words, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { cert, key }
}

const TOKEN = 'a-token-for-tls'

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forkpool-tls-'))
  const { cert, key } = makeCertificate('local', 'IP:127.0.0.1,DNS:localhost')
  certificate = readFileSync(cert, 'utf8')
  coordinator = await Coordinator.start(['--tls-cert', cert, '--tls-key', key], { FORKPOOL_TOKEN: TOKEN })
})

afterAll(async () => {
  await coordinator.stop()
  rmSync(folder, { recursive: true })
})

/** The body of a GET over TLS. */
function get(url: string, path: string, ca: string, servername?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ca, agent: false, headers: { Authorization: `Bearer ${TOKEN}` }, ...(servername !== undefined && { servername }) }
    request(new URL(path, url), options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}

describe('with a certificate', () => {
  test('HTTPS and wss are on one port, and the client trusts by ca', async () => {
    expect(coordinator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(await get(coordinator.url, '/healthz', certificate)).toBe('ok\n')
    await using cluster = await connect(coordinator.url.replace('https', 'wss'), { token: TOKEN, tls: { ca: certificate } })
    expect(await cluster.pool().map('square', [1, 2, 3])).toEqual([1, 4, 9])
  })

  test('a client that was not told of the certificate does not connect, nor one that was told of another', async () => {
    const other = readFileSync(makeCertificate('other', 'IP:127.0.0.1').cert, 'utf8')
    await expect(connect(coordinator.url, { token: TOKEN })).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      message: expect.stringContaining('SELF_SIGNED') as unknown,
    })
    await expect(connect(coordinator.url, { token: TOKEN, tls: { ca: other } })).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' })
  })

  test('plain HTTP and old TLS get nowhere', async () => {
    await expect(fetch(coordinator.url.replace('https', 'http'))).rejects.toThrow()
    const { hostname, port } = new URL(coordinator.url)
    const refused = await new Promise<string>((resolve) => {
      const socket = connectTls({ host: hostname, port: Number(port), ca: certificate, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })
      socket.on('error', (error) => resolve(error.message))
      socket.on('secureConnect', () => resolve('let in'))
    })
    expect(refused).not.toBe('let in')
  })

  test('a comparison runs: the coordinator recognises itself, whatever the names in its certificate', async () => {
    const { cert, key } = makeCertificate('pool.example.org', 'DNS:pool.example.org')
    await using named = await Coordinator.start(['--tls-cert', cert, '--tls-key', key])
    const ca = readFileSync(cert, 'utf8')
    const body = JSON.stringify({ task: 'square', range: { from: 1, to: 100 }, poolSizes: [1], repeats: 1 })
    const id = await new Promise<string>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' }
      request(new URL('/api/v1/comparisons', named.url), { method: 'POST', ca, servername: 'pool.example.org', headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.on('end', () => resolve((JSON.parse(text) as { id: string }).id))
      })
        .on('error', reject)
        .end(body)
    })
    const look = async (): Promise<unknown> => JSON.parse(await get(named.url, `/api/v1/comparisons/${id}`, ca, 'pool.example.org'))
    await expect.poll(look, { timeout: 20_000 }).toMatchObject({ state: 'completed', error: null })
  })

  test('the command connects with --tls-ca, and not without', async () => {
    const ca = join(folder, 'local.crt')
    const environment = { FORKPOOL_URL: coordinator.url, FORKPOOL_TOKEN: TOKEN }
    const looked = await runForkpool(['pools', '--tls-ca', ca], '', environment)
    expect(looked.stderr).toBe('')
    expect(looked.code).toBe(0)
    const mapped = await runForkpool(['map', 'square', '--items', '1..3', '--tls-ca', ca, '--json'], '', environment)
    expect(mapped.code).toBe(0)
    expect((await runForkpool(['pools'], '', environment)).code).toBe(3)
  })
})

describe('serve refuses', () => {
  test.each([
    ['a key without a certificate', (key: string) => ['--tls-key', key], 'TLS needs both --tls-cert and --tls-key'],
    [
      'a file that is not there',
      (key: string) => ['--tls-cert', '/does/not/exist', '--tls-key', key],
      '--tls-cert: cannot read /does/not/exist: ENOENT',
    ],
    [
      'files that do not belong together',
      (key: string) => ['--tls-cert', join(folder, 'local.crt'), '--tls-key', key],
      'cannot be used together: ERR_OSSL_X509_KEY_VALUES_MISMATCH',
    ],
    ['what is no certificate', (key: string) => ['--tls-cert', join(folder, 'text'), '--tls-key', key], 'cannot be used together: '],
  ])('%s', async (_what, words, message) => {
    writeFileSync(join(folder, 'text'), 'no certificate')
    const { key } = makeCertificate('unused', 'DNS:unused.example')
    const { code, stderr } = await runForkpool(['serve', '--port', '0', ...words(key)])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })
})
