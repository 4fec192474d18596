import type { SeededRandom } from '@forkpool/pool-core/testing'

const HEADERS: readonly [string, ...string[]] = [
  'Host: localhost',
  'Host: localhost',
  'Host: evil.example.org',
  'Host: ',
  'Origin: null',
  'Origin: http://localhost',
  'Authorization: Bearer x',
  'Authorization: ',
  'Content-Type: application/json',
  'Content-Length: 10',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Connection: Upgrade',
  'Connection: keep-alive, close, upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Version: 99',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Key: x',
  'Sec-WebSocket-Protocol: forkpool.v1.json',
  'Sec-WebSocket-Protocol: ,,;,\t',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99',
  'Expect: 100-continue',
  '__proto__: x',
  ': x',
  'X\u0000: y',
  ' folded',
]

const TARGETS: readonly [string, ...string[]] = [
  '/',
  '/v1',
  '/api/v1/status',
  '/api/v1/batches?limit=99999999999&before=%00',
  '/api/v1/batches/__proto__',
  '/api/v1/batches/%2e%2e%2f',
  '/api/v1/batches/%zz',
  '/api/v1/batches/x/cancel',
  '/api/v1/batches/x/results?from=1&wait=true',
  '/api/v1/comparisons',
  '/api/v1/samples?seconds=1e3',
  '/metrics',
  '//',
  '*',
  'http://evil.example.org/api/v1/status',
  '/\u0000',
  `/${'a/'.repeat(2_000)}`,
  '\\..\\',
  '/%',
  '',
]

const BODIES: readonly [string, ...string[]] = [
  '',
  '{"__proto__":{"polluted":1}}',
  '{"task":"square","range":{"from":1,"to":1e308},"poolSizes":[1]}',
  '{"task":"__proto__","items":[1],"poolSizes":[0,-1,1e9]}',
  `${'['.repeat(5_000)}`,
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\nx',
  'null',
]

/** What comes to an HTTP port in the course of a night: nearly requests, pieces of TLS, and noise. */
export function httpBytes(random: SeededRandom): Buffer {
  if (random.chance(0.1)) return Buffer.from(Array.from({ length: random.integer(1, 300) }, () => random.integer(0, 255)))
  const method = random.pick(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'get', 'X'.repeat(50), ''])
  const version = random.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''])
  const end = random.pick(['\r\n', '\r\n', '\r\n', '\n', '\r'])
  const headers = Array.from({ length: random.integer(0, 9) }, () => random.pick(HEADERS))
  const text = [`${method} ${random.pick(TARGETS)} ${version}`, ...headers, '', random.pick(BODIES)].join(end)
  const bytes = Buffer.from(text, 'latin1')
  if (random.chance(0.2)) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
  return random.chance(0.1) ? bytes.subarray(0, random.integer(0, bytes.length)) : bytes
}
