/** Every name of a shared memory begins so, which is how a sweep knows the entries that are Forkpool's. */
export const NAME_PREFIX = 'forkpool.'
