import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ForkpoolError } from '@forkpool/pool-core/base'

/** What TLS needs: a certificate with those that vouch for it, and its private key, both PEM. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/**
 * Reads both files and checks that they belong together; undefined where neither is named.
 * @throws ForkpoolError BAD_ARGUMENT that names the flag and the file, and nothing of the key.
 */
export function readCertificate(certFile: string | undefined, keyFile: string | undefined): Certificate | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'TLS needs both --tls-cert and --tls-key')
  const certificate = { cert: read('--tls-cert', certFile), key: read('--tls-key', keyFile) }
  try {
    createSecureContext(certificate)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `--tls-cert ${certFile} and --tls-key ${keyFile} cannot be used together: ${code ?? 'unknown reason'}`,
    )
  }
  return certificate
}

/** How a client of this coordinator recognises this very certificate, whatever names it bears: the way leads through loopback. */
export function pinned({ cert }: Certificate): { readonly ca: Buffer; readonly checkServerIdentity: IdentityCheck } {
  const { fingerprint256 } = new X509Certificate(cert)
  return {
    ca: cert,
    checkServerIdentity: (_host, found) =>
      found.fingerprint256 === fingerprint256 ? undefined : new Error("it is not this coordinator's own certificate"),
  }
}

type IdentityCheck = (host: string, certificate: { readonly fingerprint256: string }) => Error | undefined

function read(flag: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `${flag}: cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
}
