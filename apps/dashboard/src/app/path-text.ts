/** A segment of the path as text. Next hands it over as it stands in the address, percent-encoded; one that cannot be decoded stays so. */
export function pathText(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
