import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  snakeCase,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { JobFailure, JobPhase, JobStatus } from '../../core/export-job.ts'
import type { Counts } from '../../core/counts.ts'
import type { ExportPlan, ExportSpec } from '../../core/export-spec.ts'
import type { StoredFold } from '../../core/key-fold.ts'
import type { ExportProof } from '../../core/proof.ts'
import type { Redactions } from '../../core/redaction-counts.ts'
import { principals, projects } from './accounts.ts'
import { pgSnapshot } from './column-types.ts'
import { projectPolicy } from './project-policy.ts'

const time = () => timestamp({ withTimezone: true, mode: 'string' })

/** A caller's request for an export and its fate: history, kept. */
export const exportJobs = snakeCase.table(
  'export_jobs',
  {
    /** UUIDv7, so that ids sort by age. */
    id: uuid().primaryKey(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    requestedBy: uuid()
      .notNull()
      .references(() => principals.id),
    /** One job for each that a caller sends. */
    idempotencyKey: text(),
    /** What was asked for, as it was asked. */
    spec: jsonb().$type<ExportSpec>().notNull(),
    /** What that means, frozen at the request: all that a run needs. */
    plan: jsonb().$type<ExportPlan>().notNull(),
    /** Why something was asked for unredacted; kept with the job for good. */
    reason: text(),
    /** The instant the export shows. */
    snapshot: pgSnapshot().notNull(),
    status: text().$type<JobStatus>().notNull(),
    /** Raised by every claim; a write of an older attempt matches no row. */
    attempt: integer().notNull().default(0),
    /** How many workers fell silent over it. */
    losses: integer().notNull().default(0),
    /** How many parts of it are durable; the next one is fenced by it. */
    partsDone: integer().notNull().default(0),
    /** What made those parts: another version starts anew instead of going on. */
    partsMaker: text(),
    /** Not before then is it claimed, after a fault that may pass. */
    notBefore: time(),
    /** When it was last asked for: at first, or to be tried again. */
    queuedAt: time().notNull().defaultNow(),
    /** When a worker last took it. */
    claimedAt: time(),
    /** When its worker was last heard of, */
    heartbeatAt: time(),
    /** and when it had last done something. */
    advancedAt: time(),
    /** Until when the claimer may be believed to live, by the database's clock. */
    leaseUntil: time(),
    /** Raised by every change, so that clients can drop stale news. */
    version: bigint({ mode: 'number' }).notNull().default(1),
    phase: text().$type<JobPhase>(),
    rowsTotal: bigint({ mode: 'number' }),
    rowsTotalExact: boolean(),
    rowsWritten: bigint({ mode: 'number' }).notNull().default(0),
    bytesWritten: bigint({ mode: 'number' }).notNull().default(0),
    rowsPerSecond: doublePrecision(),
    counts: jsonb().$type<Counts>(),
    redactions: jsonb().$type<Redactions>(),
    artifactKey: text(),
    /** The files beside it that prove it. */
    proof: jsonb().$type<ExportProof>(),
    /** What the records of the finished file come to: count, sum and xor of their numbers, as text. */
    keys: jsonb().$type<StoredFold>(),
    /** Lower-case hex, of the whole finished file. */
    sha256: text(),
    failure: jsonb().$type<JobFailure>(),
    createdAt: time().notNull().defaultNow(),
    startedAt: time(),
    finishedAt: time(),
    /** When its file goes. */
    expiresAt: time(),
  },
  (t) => [
    index('export_jobs_by_project').on(t.projectId, t.id),
    index('export_jobs_unfinished')
      .on(t.queuedAt)
      .where(sql`${t.status} in ('QUEUED', 'RUNNING', 'CANCELLING')`),
    index('export_jobs_by_expiry')
      .on(t.expiresAt)
      .where(sql`${t.status} = 'SUCCEEDED'`),
    index('export_jobs_parts_kept')
      .on(t.finishedAt)
      .where(sql`${t.status} = 'FAILED' and ${t.partsDone} > 0`),
    // Who was served last, for the fairness of claims.
    index('export_jobs_project_claims').on(t.projectId, t.claimedAt),
    index('export_jobs_caller_claims').on(t.requestedBy, t.claimedAt),
    uniqueIndex('export_jobs_idempotency_key')
      .on(t.requestedBy, t.idempotencyKey)
      .where(sql`${t.idempotencyKey} is not null`),
    check(
      'export_jobs_status_check',
      sql`${t.status} in ('QUEUED', 'RUNNING', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')`,
    ),
    check(
      'export_jobs_succeeded_whole',
      sql`${t.status} <> 'SUCCEEDED' or (${t.sha256} is not null and ${t.artifactKey} is not null)`,
    ),
    projectPolicy(t),
  ],
)
