/** `running` · `draining`: takes no further call, what is open goes on · `stopping`: its workers end · `closed`: none is left. */
export type PoolState = 'running' | 'draining' | 'stopping' | 'closed'
