import { expect, test } from 'vitest'
import { instantOf } from '../../src/ingest/normalise/timestamps.ts'

test.each([
  ['2025-08-10T15:31:39.120000', '2025-08-10T15:31:39.120000Z', 'event_assumed_utc'],
  ['2025-08-10T15:31:39', '2025-08-10T15:31:39Z', 'event_assumed_utc'],
  ['2025-08-10 15:31', '2025-08-10T15:31:00Z', 'event_assumed_utc'],
  ['2025-08-10T15:31:39.123456789Z', '2025-08-10T15:31:39.123456Z', 'event'],
  ['2025-12-31T23:30:00-05:30', '2026-01-01T05:00:00Z', 'event'],
  ['2024-02-29T00:00:00+0100', '2024-02-28T23:00:00Z', 'event'],
])('%s is %s', (text, at, source) => expect(instantOf(text)).toEqual({ at, source }))

test.each([
  '2025-02-30T00:00:00',
  '2025-08-10T24:00:00',
  '2025-08-10T23:59:60',
  '2025-08-10',
  '10.8.2025',
  'now',
  '2025-08-10T15:31:39+99:99',
  '0000-01-01T00:00:00Z',
])('%j is no time', (text) => expect(instantOf(text)).toBeUndefined())
