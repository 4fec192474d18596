/**
 * Numbers and times as people read them, in one form all over the dashboard. English and fixed, so that the server and the browser agree.
 */

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const PREFIXES = ['', 'k', 'M', 'G', 'T'] as const
/** Between a number and its unit: they must not be torn apart at a line's end. */
const NARROW = ' '

/** `1,234,567`: every digit. */
export function formatExact(count: number): string {
  return GROUPED.format(count)
}

/** `0`, `7`, `9,999`, `12.3 k`, `1.25 M`: at most four digits. */
export function formatCount(count: number): string {
  return Math.abs(count) < 10_000 ? GROUPED.format(count) : scaled(count)
}

/** A rate, with the digits that matter: `0`, `0.25`, `8.4`, `312`, `12.3 k`. */
export function formatRate(perSecond: number): string {
  const size = Math.abs(perSecond)
  if (size === 0) return '0'
  if (size < 0.01) return '<0.01'
  if (size < 1) return trimZeros(perSecond.toFixed(2))
  if (size < 99.95) return trimZeros(perSecond.toFixed(1))
  return formatCount(Math.round(perSecond))
}

/** `850 µs`, `12 ms`, `1.25 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `−${formatDuration(-ms)}`
  if (ms === 0) return '0 s'
  if (ms < 1) return `${Math.round(ms * 1000)}${NARROW}µs`
  if (ms < 999.5) return `${ms < 10 ? trimZeros(ms.toFixed(1)) : Math.round(ms)}${NARROW}ms`
  if (ms < 9_995) return `${trimZeros((ms / 1000).toFixed(2))}${NARROW}s`
  if (ms < 59_950) return `${trimZeros((ms / 1000).toFixed(1))}${NARROW}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ${pad(seconds % 60)}${NARROW}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}${NARROW}h ${pad(minutes % 60)}${NARROW}min`
  const hours = Math.floor(minutes / 60)
  return `${Math.floor(hours / 24)}${NARROW}d ${hours % 24}${NARROW}h`
}

/** A time that nobody needs to the millisecond: `4 s`, `3 min`, `2 h 10 min`. For ages and time left. */
export function formatAge(ms: number): string {
  if (ms < 59_500) return `${Math.max(0, Math.round(ms / 1000))}${NARROW}s`
  if (ms < 3_570_000) return `${Math.round(ms / 60_000)}${NARROW}min`
  return formatDuration(ms)
}

/** `512 B`, `1.5 KiB`, `182 MiB`, `1.21 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 999.5 && unit < 4) {
    value /= 1024
    unit++
  }
  return `${threeDigits(value)}${NARROW}${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`
}

/** `0.873` → `87 %`; between 0 and 1 % and between 99 and 100 % it never claims more than is true. */
export function formatPercent(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 1) return `<1${NARROW}%`
  return `${percent < 100 ? Math.min(99, Math.round(percent)) : Math.round(percent)}${NARROW}%`
}

/** `3.42×` */
export function formatTimes(ratio: number): string {
  return `${ratio.toFixed(2)}×`
}

/** `14:03:07`, in the reader's own zone: for the browser only. */
export function formatClock(at: number): string {
  const date = new Date(at)
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

/** `14:03:07`, with the day where that is not today. */
export function formatMoment(at: number, now: number): string {
  const date = new Date(at)
  if (date.toDateString() === new Date(now).toDateString()) return formatClock(at)
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${formatClock(at)}`
}

/** `1 task`, `2 tasks`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatExact(count)} ${count === 1 ? one : many}`
}

function scaled(value: number): string {
  let unit = 0
  let rest = value
  while (Math.abs(rest) >= 999.5 && unit < PREFIXES.length - 1) {
    rest /= 1000
    unit++
  }
  return `${threeDigits(rest)}${NARROW}${PREFIXES[unit]}`
}

function threeDigits(value: number): string {
  const size = Math.abs(value)
  return trimZeros(value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0))
}

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
