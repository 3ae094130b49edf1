import { uuid } from './cells.ts'
import { Draw } from './draw.ts'

const start = Date.UTC(2025, 0, 1)
/** So many rows go from January 2025 to the end of June 2026, and the next ones go the same way again. */
const turn = 2 ** 20
const secondsApart = 45
const million = 1_000_000

/**
 * When a row happened, in microseconds since 2025 began: 45 s after the one before it, more or less. One in eight shares
 * its second with up to fifteen neighbours, one in eight is known to the millisecond.
 */
export function momentOf(index: number, draw: Draw): number {
  const place = index % turn
  const drawn = draw.bits()
  if ((drawn & 7) === 0) return (place & ~15) * secondsApart * million
  const within = draw.below(million)
  const seconds = place * secondsApart + ((drawn >>> 3) & 31)
  return seconds * million + ((drawn & 7) === 1 ? within - (within % 1000) : within)
}

const twoDigits = Array.from({ length: 60 }, (_, count) => String(count).padStart(2, '0'))
const days: string[] = []

/** `2025-01-01 00:00:45.123456+00` */
export function momentCell(microseconds: number): string {
  const seconds = Math.floor(microseconds / million)
  const day = Math.floor(seconds / 86_400)
  const ofDay = seconds - day * 86_400
  const hour = Math.floor(ofDay / 3600)
  const minute = Math.floor(ofDay / 60) % 60
  const date = (days[day] ??= new Date(start + day * 86_400_000).toISOString().slice(0, 10))
  const fraction = String(million + (microseconds - seconds * million)).slice(1)
  return `${date} ${twoDigits[hour]!}:${twoDigits[minute]!}:${twoDigits[ofDay % 60]!}.${fraction}+00`
}

/** How many rows each session of 256 rows in sequence has. */
const lengths = [1, 3, 8, 20, 64, 2, 40, 5, 12, 30, 1, 9, 24, 6, 31]
const block = 256
const ordinals = lengths.flatMap((length, ordinal) => Array.from({ length }, () => ordinal))
const places = lengths.flatMap((length) => Array.from({ length }, (_, place) => place + 1))
const lastPlaces = lengths.flatMap((length) => Array.from({ length }, () => length))

const sessionPurpose = 1
const rowPurpose = 2

/** Which session a row belongs to, in every dataset alike. */
export class Sessions {
  private readonly draw = new Draw()
  private readonly seed: number
  private known = -1
  private id = ''

  constructor(seed: number) {
    this.seed = seed
  }

  ordinalOf(index: number): number {
    return Math.floor(index / block) * lengths.length + ordinals[index % block]!
  }

  idOf(index: number): string {
    const ordinal = this.ordinalOf(index)
    if (ordinal !== this.known) {
      this.known = ordinal
      this.id = uuid(this.draw.begin(this.seed, sessionPurpose, ordinal))
    }
    return this.id
  }

  /** The row's place in its session, from 1. */
  placeOf(index: number): number {
    return places[index % block]!
  }

  lengthOf(index: number): number {
    return lastPlaces[index % block]!
  }

  /** What the source calls the row. */
  rowIdOf(index: number): string {
    return uuid(this.draw.begin(this.seed, rowPurpose, index))
  }
}
