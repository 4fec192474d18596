/** The file descriptor under which a worker process finds the pipe to its pool: the first behind standard input, output and error. */
export const LINK_DESCRIPTOR = 3
