import type { OccurredAtSource } from '../records/record.ts'

/** A time as a record has it. */
export interface Instant {
  readonly at: string
  readonly source: OccurredAtSource
}

const iso =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|z|[+-](?:0\d|1[0-5]):?[0-5]\d)?$/

/**
 * An ISO 8601 time in UTC, cut to microseconds. One without a zone is taken as UTC and marked as assumed: the machine
 * that wrote it is not known. Undefined for anything else, such as 30 February.
 */
export function instantOf(text: string): Instant | undefined {
  const match = iso.exec(text.trim())
  if (!match) return undefined
  const [, date, minutes, seconds = '00', fraction = '', zone] = match
  const wall = `${date}T${minutes}:${seconds}`
  const time = Date.parse(`${wall}Z`)
  // Date.parse rolls 30 February over to March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== wall) return undefined
  const offset = zone === undefined ? 0 : minutesOf(zone)
  const utc = new Date(time - offset * 60_000)
  if (utc.getUTCFullYear() < 1 || utc.getUTCFullYear() > 9999) return undefined
  const micros = fraction.slice(0, 6)
  return {
    at: `${utc.toISOString().slice(0, 19)}${micros ? `.${micros}` : ''}Z`,
    source: zone === undefined ? 'event_assumed_utc' : 'event',
  }
}

/** `+05:30` -> 330. */
function minutesOf(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}
