/** UTF-8 in which a lone surrogate is three bytes like any other code point. Source: the WTF-8 encoding, Simon Sapin. */
export function encodeWtf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) as number
    if (point < 0x80) {
      bytes.push(point)
    } else if (point < 0x800) {
      bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f))
    } else if (point < 0x1_0000) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f))
    } else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f))
      i++
    }
  }
  return Uint8Array.from(bytes)
}

/** The text in WTF-8 bytes; `undefined` when they are not WTF-8 (a pair of surrogates must be four bytes, no form may be overlong). */
export function decodeWtf8(bytes: Uint8Array): string | undefined {
  let text = ''
  let afterHigh = false
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] as number
    const more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1
    if (more === -1 || i + more >= bytes.length) return undefined
    let point = more === 0 ? first : first & (0x3f >> more)
    for (let k = 1; k <= more; k++) {
      const next = bytes[i + k] as number
      if ((next & 0xc0) !== 0x80) return undefined
      point = (point << 6) | (next & 0x3f)
    }
    if ((more === 2 && point < 0x800) || (more === 3 && (point < 0x1_0000 || point > 0x10_ffff))) return undefined
    if (afterHigh && point >= 0xdc00 && point < 0xe000) return undefined
    afterHigh = point >= 0xd800 && point < 0xdc00
    text += String.fromCodePoint(point)
    i += more + 1
  }
  return text
}
