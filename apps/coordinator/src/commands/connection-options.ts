import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { text } from '../config/option.ts'
import { readToken } from '../config/read-config.ts'
import type { Flags, Terminal } from './command.ts'

/** Options of every command that speaks to a coordinator. */
export const CONNECTION_OPTIONS = {
  url: text({
    default: undefined,
    placeholder: 'URL',
    doc: 'Coordinator: ws://HOST:PORT or http://HOST:PORT. Else FORKPOOL_URL, else ws://127.0.0.1:7070.',
  }),
  tlsCa: text({
    default: undefined,
    placeholder: 'FILE',
    doc: "Certificate, PEM, that vouches for the coordinator's: for wss. Else FORKPOOL_TLS_CA, else those that Node trusts.",
  }),
  tokenFile: text({ default: undefined, placeholder: 'FILE', doc: 'File with the token. Else FORKPOOL_TOKEN.' }),
}

const DEFAULT_URL = 'ws://127.0.0.1:7070'

/** Where the coordinator is and what proves us. */
export function readConnection(terminal: Terminal, flags: Flags): { readonly url: string; readonly token: string | undefined } {
  const { environment } = terminal
  const url = (flags['url'] as string | undefined) ?? environment['FORKPOOL_URL'] ?? DEFAULT_URL
  const ca = (flags['tlsCa'] as string | undefined) ?? environment['FORKPOOL_TLS_CA']
  if (ca !== undefined && ca !== '') trust(ca)
  const file = (flags['tokenFile'] as string | undefined) ?? environment['FORKPOOL_TOKEN_FILE']
  return { url: url === '' ? DEFAULT_URL : url, token: readToken(file, environment['FORKPOOL_TOKEN']) }
}

/** Trusts this certificate too, for every connection of this program: it speaks to one coordinator only. */
function trust(file: string): void {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `--tls-ca: cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
  try {
    setDefaultCACertificates([...getCACertificates('default'), pem])
  } catch {
    throw new ForkpoolError('BAD_ARGUMENT', `--tls-ca: ${file} holds no certificate in PEM`)
  }
}
