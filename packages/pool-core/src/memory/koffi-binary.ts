let binary: string | undefined

/** The file of koffi's binary, once this process has found it or was told it: for processes that it starts, since to find it costs 2 ms. */
export function koffiBinary(): string | undefined {
  return binary
}

/** Tells this process where it is; undefined where koffi's own loader is to find it. */
export function useKoffiBinary(file: string | undefined): void {
  binary = file
}
