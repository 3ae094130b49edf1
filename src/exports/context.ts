import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import type { ArtifactStore } from '../artifacts/store.ts'
import type { ManifestSigner } from '../artifacts/manifest-signature.ts'
import type { LinkSigner } from '../artifacts/signed-link.ts'
import type { PrincipalNews } from '../access/principal-news.ts'
import type { ProjectScope } from '../db/project-scope.ts'
import type { JobNews } from '../jobs/job-news.ts'
import type { Queue } from '../jobs/queue.ts'
import type { Log } from '../core/log.ts'
import type { FileDays } from '../privacy/policy.ts'
import type { TextRedaction } from '../privacy/text-redaction.ts'
import type { Privacy } from '../privacy/treatment.ts'
import type { ClaimLimits } from './job-status/claim.ts'

/** What the export use cases work with. */
export interface ExportContext {
  readonly db: PostgresJsDatabase
  readonly records: Sql
  /** What keeps a transaction within one project. */
  readonly scope: ProjectScope
  readonly privacy: Privacy
  /** For what is told beside the records. */
  readonly redaction: TextRedaction
  /** For what must never wait behind other work: claims, leases, the ends of jobs. */
  readonly vital: PostgresJsDatabase
  readonly queue: Queue
  readonly news: JobNews
  readonly principalNews: PrincipalNews
  readonly artifacts: ArtifactStore
  readonly links: LinkSigner
  readonly manifests: ManifestSigner
  /** Of this software. */
  readonly version: string
  /** How long a download link is good for. */
  readonly linkMinutes: number
  /** How long an export may take, from its request on. */
  readonly exportHours: number
  /** How long finished files are kept. */
  readonly fileDays: FileDays
  /** How many exports may run at once, over all workers. */
  readonly limits: ClaimLimits
  readonly log: Log
}
