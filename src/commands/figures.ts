import { InvalidArgumentError } from 'commander'

/** 124310 -> `124,310` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** Decimal units: 60817408 -> `61 MB` */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  return `${Math.round(seconds / 60)} min`
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `10m` -> 600000 milliseconds */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It is a number and s, m, h, d or w, e.g. 10m.')
  return Number(count) * unitSeconds[unit!]! * 1000
}

/** `7d` -> the instant seven days ago; an ISO date or time -> itself, in UTC where it says no zone. */
export function parseInstant(text: string, now = Date.now()): string {
  const iso = /^\d{1,6}[smhdw]$/.test(text)
    ? new Date(now - parseDuration(text)).toISOString()
    : completeInstant(text)
  if (iso === undefined || !/^[1-9]/.test(iso)) {
    throw new InvalidArgumentError(
      'It is a time span back from now, e.g. 7d, or a time, e.g. 2026-05-24 or 2026-05-24T13:46:19Z.',
    )
  }
  return iso
}

/** With time and zone where they are missing; undefined for what is no time. */
function completeInstant(text: string): string | undefined {
  const [, date, time = '00:00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ]((?!24)\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? []
  if (date === undefined) return undefined
  const iso = `${date}T${time.length === 5 ? `${time}:00` : time}${zone}`
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = Date.parse(`${date}T00:00:00Z`)
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date)
  return isDay && !Number.isNaN(Date.parse(iso)) ? iso : undefined
}
