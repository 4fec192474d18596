import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Read as a file: as a module, a style sheet has no text. */
const tokens = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

/** Relative luminance and contrast. Source: W3C, WCAG 2.2, "relative luminance" and "contrast ratio". */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((from) => {
    const channel = Number.parseInt(hex.slice(from, from + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const [light = '', dark = ''] = tokens.split('@media (prefers-color-scheme: dark)')
const read = (css: string) =>
  Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2] ?? '']))
const schemes = { light: read(light), dark: { ...read(light), ...read(dark) } }

const TEXT_PAIRS: readonly (readonly [string, string])[] = [
  ...['text', 'text-soft', 'text-faint', 'accent', 'good', 'warn', 'bad'].flatMap((text) =>
    ['ground', 'surface', 'surface-raised'].map((ground) => [text, ground] as const),
  ),
  ['good', 'good-soft'],
  ['warn', 'warn-soft'],
  ['bad', 'bad-soft'],
  ['accent', 'accent-soft'],
  ['text', 'accent-soft'],
  ['text', 'warn-soft'],
  ['text', 'bad-soft'],
  ['on-accent', 'accent'],
]
const SHAPE_PAIRS = [...Array.from({ length: 8 }, (_, hue) => `series-${hue}`), 'edge-strong'].map((shape) => [shape, 'surface'] as const)

test.each(Object.entries(schemes))('%s: every text can be read and every line seen', (_, colors) => {
  const ratio = (pair: readonly [string, string]) => contrast(colors[pair[0]] ?? '', colors[pair[1]] ?? '')
  expect(TEXT_PAIRS.filter((pair) => !(ratio(pair) >= 4.5))).toEqual([])
  expect(SHAPE_PAIRS.filter((pair) => !(ratio(pair) >= 3))).toEqual([])
})

test('the dark scheme redefines every colour', () => {
  expect(Object.keys(read(dark)).sort()).toEqual(Object.keys(read(light)).sort())
})
