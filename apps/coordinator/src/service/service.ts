/**
 * A part of the program that runs. Life cycles only move forward: idle → running → stopped. `stop` may be called before `start`,
 * twice, or from several callers, and resolves when nothing of it runs.
 */
export interface Service {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
}
