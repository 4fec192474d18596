import type { BatchVerdict, VerificationView } from '@forkpool/pool-core/protocol'

/** What HTTP asks of the ledger. */
export interface VerificationSource {
  /** Undefined: there is no such batch. */
  verify(id: string): Promise<BatchVerdict | undefined>
  /** Reads all that is stored; whoever asks while it runs gets the same answer. */
  verifyAll(): Promise<VerificationView>
}
