import { hasPermission, type Caller } from '../core/caller.ts'
import type { Reject, Warning } from './findings.ts'
import type { Stored } from './store/store-batch.ts'

/** How many records a file told of, where no more may be said. */
export interface ToldOnly {
  readonly told: number
}

/**
 * What became of a file: `ingested`, all of it went in; `partial`, some records were refused; `quarantined`, nothing
 * went in; `unchanged`, this very content had gone in before, and nothing was done; `skipped`, its format is not known
 * and the sender said to pass over such files.
 */
export interface IngestReport<Counts = Stored | ToldOnly> {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly status: 'ingested' | 'partial' | 'quarantined' | 'unchanged' | 'skipped'
  readonly format: string | null
  readonly records: Counts
  /** The same by dataset, where there are any. */
  readonly datasets: Readonly<Record<string, Counts>>
  /** Performance metrics that were made from the records; null where no more may be said. */
  readonly madeMetrics: number | null
  /** Definitions of tests, which are no records: results are completed from them. */
  readonly tests: number
  /** How many of the file's records were refused; `rejects` has the first ten thousand. */
  readonly refused: number
  readonly rejects: readonly Reject[]
  readonly warned: number
  readonly warnings: readonly Warning[]
}

/**
 * Whether a sender may be told how its records compare with those that are there. Whoever may not see every field could
 * try values otherwise, one after the other, until nothing is new.
 */
export function mayCompare(caller: Caller): boolean {
  return (['records:read', 'content:read', 'personal:read'] as const).every((each) =>
    hasPermission(caller, each),
  )
}

/** A report as its sender may have it. */
export function shownTo(caller: Caller, report: IngestReport): IngestReport {
  if (mayCompare(caller)) return report
  const datasets = Object.entries(report.datasets).map(([name, counts]) => [name, toldOnly(counts)] as const)
  return {
    ...report,
    records: toldOnly(report.records),
    datasets: Object.fromEntries(datasets),
    madeMetrics: null,
  }
}

function toldOnly(counts: Stored | ToldOnly): ToldOnly {
  return 'told' in counts ? counts : { told: counts.added + counts.replaced + counts.unchanged }
}
