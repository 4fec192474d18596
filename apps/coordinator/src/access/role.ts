/** What a token may do, from least to most: each role may do what those before it may. */
export const ROLES = ['read', 'submit', 'admin'] as const

/**
 * `read` looks: status, batches, metrics. `submit` also computes: submits, cancels, compares. `admin` also changes the coordinator
 * itself and what it keeps. Results are for whoever submitted the batch, and for `admin`.
 */
export type Role = (typeof ROLES)[number]

/** Who asks: the name that the token was given, for logs, and what it may do. */
export interface Principal {
  readonly name: string
  readonly role: Role
  /** Share of each of its connections beside those of others. Default 1. */
  readonly weight?: number | undefined
}

/** Whether someone with the role `held` may do what needs the role `needed`. */
export function mayActAs(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed)
}
