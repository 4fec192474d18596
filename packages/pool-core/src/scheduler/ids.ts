import type { Brand } from '../base/brand.ts'

export type BatchId = Brand<string, 'BatchId'>
export type SessionId = Brand<string, 'SessionId'>
export type WorkerId = Brand<string, 'WorkerId'>
export type PoolName = Brand<string, 'PoolName'>
/** Numbers of the scheduler's own: each new shard gets the next. */
export type ShardId = Brand<number, 'ShardId'>
