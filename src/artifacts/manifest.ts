import type { Counts } from '../core/counts.ts'
import { countKinds } from '../core/counts.ts'
import type { ExportJob } from '../core/export-job.ts'
import type { ExportPlan, ExportSpec } from '../core/export-spec.ts'
import type { Field } from '../core/field.ts'
import type { KeyFold } from '../core/key-fold.ts'
import {
  dataPackageProfile,
  manifestVersion,
  type Manifest,
  type ManifestPart,
  type ManifestWarning,
  type TableDialect,
  type UnsignedManifest,
} from '../core/manifest.ts'
import { exportJobId } from '../core/public-id.ts'
import type { RedactionCounts, Redactions } from '../core/redaction-counts.ts'
import { rfc4180Dialect, tableSchema } from './table-schema.ts'

/** All that the manifest of a finished export tells. Times are RFC 3339 in UTC with six decimals. */
export interface ManifestFacts {
  readonly job: Pick<ExportJob, 'id' | 'createdAt'> & {
    readonly startedAt: string
    readonly finishedAt: string
  }
  /** Its name. */
  readonly project: string
  /** As it was asked. */
  readonly spec: ExportSpec
  readonly plan: ExportPlan
  /** Of the dataset: those of the plan at least. */
  readonly fields: readonly Pick<Field, 'name' | 'description'>[]
  readonly snapshot: { readonly text: string; readonly at: string }
  readonly file: { readonly name: string; readonly bytes: number; readonly sha256: string }
  readonly rows: number
  /** Over the records' numbers; first and last in file order, null without records. */
  readonly keys: KeyFold & { readonly first: bigint | null; readonly last: bigint | null }
  /** In file order, without gaps: the first holds the head too, the last the tail. */
  readonly parts: readonly Omit<ManifestPart, 'offset'>[]
  readonly counts: Counts
  readonly redactions: Redactions
  readonly format: ManifestFormat
  readonly serverVersion: string
  readonly warnings: readonly ManifestWarning[]
}

/** What a manifest tells of the file's format, beside the options in the plan. */
export interface ManifestFormat {
  readonly id: string
  readonly mediaType: string
  /** Changes when the same rows would become other bytes. */
  readonly version: string
  /** Absent: RFC 4180 for CSV, none for others. */
  readonly dialect?: TableDialect
  /** How NULL is written; absent: as nothing in CSV, in the format's own way in others. */
  readonly missingValues?: readonly string[]
}

/** What Data Package knows as tables. */
const tableFormats: readonly string[] = ['csv', 'json', 'ndjson']

/** The manifest of an export: the same facts always give the same. */
export function buildManifest(facts: ManifestFacts): UnsignedManifest {
  const { job, plan, format, file } = facts
  const name = `${plan.dataset.replaceAll('_', '-')}-${job.id}`
  const isCsv = format.id === 'csv'
  const dialect = format.dialect ?? (isCsv ? rfc4180Dialect : undefined)
  const headers = plan.columns.map((column) => column.header)
  const { reason, ...spec } = facts.spec
  return {
    $schema: dataPackageProfile,
    name,
    created: job.finishedAt,
    resources: [
      {
        name: plan.dataset.replaceAll('_', '-'),
        path: file.name,
        ...(tableFormats.includes(format.id) && { type: 'table' as const }),
        format: format.id,
        mediatype: format.mediaType.replace(/;.*/, ''),
        encoding: 'utf-8',
        bytes: file.bytes,
        hash: `sha256:${file.sha256}`,
        ...(dialect && { dialect }),
        schema: tableSchema(plan.columns, facts.fields, format.missingValues ?? (isCsv ? [''] : [])),
      },
    ],
    evalport: {
      manifestVersion,
      serverVersion: facts.serverVersion,
      job: {
        id: exportJobId(job.id),
        createdAt: job.createdAt,
        startedAt: job.startedAt,
        finishedAt: job.finishedAt,
      },
      project: facts.project,
      spec: withoutFractions(spec),
      reasonGiven: (reason?.trim() ?? '') !== '',
      dataset: plan.dataset,
      filter: withoutFractions(plan.filter) as Manifest['evalport']['filter'],
      order: { by: ['occurred_at', 'id'], direction: plan.direction },
      columns: plan.columns.map((column) => ({
        field: column.field,
        header: column.header,
        type: column.type,
        privacy: column.privacy,
      })),
      snapshot: facts.snapshot,
      rows: facts.rows,
      keys: {
        count: String(facts.keys.count),
        sum: String(facts.keys.sum),
        xor: String(facts.keys.xor),
        first: facts.keys.first === null ? null : String(facts.keys.first),
        last: facts.keys.last === null ? null : String(facts.keys.last),
      },
      parts: withOffsets(facts.parts),
      changes: listChanges(facts.counts, headers),
      redactions: { rules: facts.redactions.rules, counts: listRedactions(facts.redactions.counts, headers) },
      privacy: {
        personalData: plan.privacy.personalData,
        pseudonymScope: plan.privacy.pseudonymScope,
        keyVersion: plan.privacy.keyVersion,
      },
      encoder: {
        format: format.id,
        version: format.version,
        options: withoutFractions((plan.formatOptions ?? {}) as Record<string, unknown>),
      },
      warnings: facts.warnings.map(({ code, message }) => ({ code, message })),
    },
  }
}

/** The bytes of `datapackage.json`. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

function withOffsets(parts: ManifestFacts['parts']): ManifestPart[] {
  let offset = 0
  return parts.map(({ rows, bytes, sha256 }) => {
    const part = { rows, bytes, offset, sha256 }
    offset += bytes
    return part
  })
}

function listChanges(counts: Counts, headers: readonly string[]) {
  return countKinds.flatMap((kind) =>
    perColumn(counts[kind] ?? [], headers).map((each) => ({ kind, ...each })),
  )
}

function listRedactions(counts: RedactionCounts, headers: readonly string[]) {
  return Object.keys(counts)
    .sort()
    .flatMap((rule) => perColumn(counts[rule]!, headers).map((each) => ({ rule, ...each })))
}

function perColumn(counts: readonly number[], headers: readonly string[]) {
  return counts.flatMap((count, index) => (count === 0 ? [] : [{ column: headers[index]!, count }]))
}

/** The same value, every number in it that is no safe integer as a string: libraries do not write those alike. */
function withoutFractions<T>(value: T): T {
  const text = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'number' && !Number.isSafeInteger(member) ? String(member) : member,
  )
  return JSON.parse(text) as T
}
