import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { ask, listRoutes } from './support/ask.ts'
import { Coordinator, runForkpool } from './support/forkpool.ts'
import { JsonClient } from './support/json-client.ts'
import { RawSocket } from './support/raw-socket.ts'

// Every secret of this test has this word in it; then everything that a coordinator lets out is searched for the word.
const CANARY = 'canaryxq7'
const ADMIN = `${CANARY}-admin-token`
const VARIABLE = `${CANARY}-in-a-variable`
/** Shown by somebody who mistyped it: a wrong token is somebody's right one. */
const WRONG = `${CANARY}-wrong-token`

const TASKS = fileURLToPath(new URL('fixtures/permission-tasks.ts', import.meta.url))

let folder: string
let coordinator: Coordinator
/** All that came out, by where. */
const seen: { readonly where: string; readonly text: string }[] = []

function note(where: string, text: string): void {
  seen.push({ where, text })
}

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forkpool-canary-'))
  writeFileSync(join(folder, 'token'), `${ADMIN}\n`)
  coordinator = await Coordinator.start(
    ['--token-file', join(folder, 'token'), '--tasks', TASKS, '--workers', '2', '--log-level', 'trace'],
    { FORKPOOL_TOKEN: `${CANARY}-unused`, SOME_PASSWORD: VARIABLE },
  )
})

afterAll(async () => {
  await coordinator.stop()
  rmSync(folder, { recursive: true })
})

test('a session of right, wrong and malformed use', async () => {
  await using cluster = await connect(coordinator.url, { token: ADMIN })
  note('a result', JSON.stringify(await cluster.pool().map('square', [1, 2, 3])))
  note("a task's variables", JSON.stringify(await cluster.pool().submit('variables')))
  note("what a task's process was started with", String(await cluster.pool().submit('started')))
  await cluster
    .pool()
    .submit('fail', 'x')
    .catch((error: unknown) => note('the error of a task', String((error as Error).stack)))
  await connect(coordinator.url, { token: WRONG }).catch((error: Error) =>
    note('the error of a wrong token', `${error.message}${error.stack}`),
  )
  for (const path of [
    '/',
    '/healthz',
    '/nowhere',
    `/${CANARY}`,
    `/api/v1/batches/${CANARY}`,
    ...(await listRoutes(coordinator.url, bearer(ADMIN))).map((route) => route.path),
  ]) {
    if (path.endsWith('/live')) continue
    for (const method of ['GET', 'POST', 'DELETE']) {
      const isEcho = path.includes(CANARY)
      const right = await ask(coordinator.url, method, path, bearer(ADMIN))
      // What the caller wrote into the path may come back to the caller; it must not come out anywhere else.
      if (!isEcho) note(`${method} ${path}`, right.body)
      for (const wrong of [WRONG, ` ${WRONG}`, `${WRONG} x`, `${ADMIN}\t`, `${WRONG}é`])
        note(`${method} ${path} with a wrong token`, isEcho ? '' : (await ask(coordinator.url, method, path, bearer(wrong))).body)
    }
  }
  note('GET with a token in the query', (await ask(coordinator.url, 'GET', `/api/v1/status?token=${ADMIN}`)).body)
  note(
    'a body that is not JSON',
    (await ask(coordinator.url, 'POST', '/api/v1/comparisons', { ...bearer(ADMIN), 'Content-Type': 'application/json' }, `{"${ADMIN}`))
      .body,
  )
})

test('connections that go wrong with a token in them', async () => {
  for (const first of [
    { kind: 'hello', versions: [1], token: WRONG },
    { kind: 'hello', versions: ['1'], token: ADMIN },
    { kind: 'hello', versions: [99], token: ADMIN },
    { kind: 'hello', versions: [1], token: ADMIN.repeat(1_000) },
    { kind: 'hello', versions: [1], token: { secret: ADMIN } },
    { kind: 'submit', token: ADMIN },
  ]) {
    await using client = new JsonClient(coordinator.url)
    await new Promise((resolve) => client.socket.once('open', resolve))
    client.send(first)
    expect([1002, 1008]).toContain(await client.closed)
    note(`the answer to ${first.kind}`, JSON.stringify(client.received))
  }
  for (const text of [
    `{"kind":"hello","versions":[1],"token":"${ADMIN}`,
    `{"kind":"hello","versions":[1],"token":"${ADMIN}"}}`,
    `"${ADMIN}"`,
  ]) {
    await using client = new JsonClient(coordinator.url)
    await new Promise((resolve) => client.socket.once('open', resolve))
    client.socket.send(text)
    expect(await client.closed).toBe(1002)
    note('the answer to what is not JSON', JSON.stringify(client.received))
  }
  for (const head of [
    `GET /${ADMIN} HTTP/9\r\nHost: localhost\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN}\u0000\r\n\r\n`,
    `GET /?token=${ADMIN} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: ${ADMIN}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${'x'.repeat(90)}\r\nAuthorization: Bearer ${ADMIN}\r\n\r\n`,
  ]) {
    await using raw = await RawSocket.open(coordinator.url)
    raw.write(head)
    raw.socket.end()
    await raw.ended
    note('the answer to a broken request', raw.text)
  }
})

test('the command never repeats a token', async () => {
  for (const words of [['batches'], ['map', 'square', '--items', '1..3'], ['cancel', 'x'], ['batches', '--url', 'ws://127.0.0.1:1']]) {
    for (const token of [ADMIN, WRONG, `${WRONG} x`]) {
      const { stdout, stderr } = await runForkpool(words, '', { FORKPOOL_URL: coordinator.url, FORKPOOL_TOKEN: token })
      note(`forkpool ${words.join(' ')}`, stdout + stderr)
    }
  }
  const broken = join(folder, 'broken')
  for (const content of [`submit ci ${ADMIN}`, `${ADMIN} ci sha256:00`, `a\n${ADMIN}`]) {
    writeFileSync(broken, content)
    const { stdout, stderr, code } = await runForkpool(['serve', '--port', '0', '--token-file', broken])
    expect(code).toBe(2)
    note('serve with a broken token file', stdout + stderr)
  }
})

test('no secret came out: not in logs, metrics, errors or answers, nor to workers', async () => {
  for (const pid of coordinator.workerPids())
    for (const file of ['environ', 'cmdline']) note(`/proc/${pid}/${file} of a worker`, readFileSync(`/proc/${pid}/${file}`, 'utf8'))
  note('/proc/…/cmdline of the coordinator', readFileSync(`/proc/${coordinator.pid}/cmdline`, 'utf8').replaceAll(folder, ''))
  note('metrics', (await ask(coordinator.url, 'GET', '/metrics', bearer(ADMIN))).body)
  note('the log', coordinator.stderr.replaceAll(folder, ''))
  note('standard output', coordinator.stdout)
  expect(seen.length).toBeGreaterThan(200)
  expect(coordinator.stderr).toContain('"level":"debug"')
  expect(
    seen
      .filter(({ text }) => text.includes(CANARY))
      .map(({ where, text }) => `${where}: ${text.slice(Math.max(0, text.indexOf(CANARY) - 100), text.indexOf(CANARY) + 50)}`),
  ).toEqual([])
  expect(readdirSync(folder)).toContain('token')
})
