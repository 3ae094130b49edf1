import { hasPermission } from '../core/caller.ts'
import { countKinds } from '../core/counts.ts'
import { invalidInput, type Problem } from '../core/errors.ts'
import type { ExportJob, JobStatus } from '../core/export-job.ts'
import { exportJobId, parseExportJobId } from '../core/public-id.ts'
import { visibleColumns } from '../exports/check-privacy.ts'
import { findJob, listJobs } from '../exports/jobs.ts'
import { builder } from './builder.ts'
import { exportFile, type FinishedJob } from './export-file.ts'
import { exportFormat } from './export-formats.ts'
import { exportProgress } from './export-progress.ts'
import { personalDataMode, privacyMode } from './privacy.ts'

const status = builder.enumType('ExportStatus', {
  description: 'Where an export stands.',
  values: {
    QUEUED: { description: 'Waits for a worker.' },
    RUNNING: { description: 'A worker writes it.' },
    CANCELLING: { description: 'It was cancelled, and its worker is about to end it.' },
    SUCCEEDED: { description: 'The whole file is there.' },
    FAILED: { description: 'There is no file, and the failure says why.' },
    CANCELLED: { description: 'It was cancelled. Nothing of it is kept.' },
    EXPIRED: { description: 'The file had its time, or was deleted. The job is kept.' },
  } satisfies Record<JobStatus, { description: string }>,
})

const column = builder.objectRef<ExportJob['plan']['columns'][number]>('ExportColumn').implement({
  description: 'A column of an export.',
  fields: (t) => ({
    field: t.exposeString('field', { description: "The field's name." }),
    header: t.exposeString('header', { description: 'What the file calls it.' }),
    type: t.exposeString('type', { description: 'The type of its values.' }),
    privacy: t.expose('privacy', { type: privacyMode, description: 'What happens to its values.' }),
  }),
})

const lossCount = builder
  .objectRef<{ kind: string; column: string; count: number }>('ExportChangeCount')
  .implement({
    description: 'How often a value of a column could not be written as it was.',
    fields: (t) => ({
      kind: t.exposeString('kind', {
        description: `${countKinds.join(', ')}: characters replaced by U+FFFD, cells guarded against formulas, cells cut.`,
      }),
      column: t.exposeString('column', { description: 'The column.' }),
      count: t.field({ type: 'SafeInt', description: 'How often.', resolve: (each) => each.count }),
    }),
  })

const redactionCount = builder
  .objectRef<{ rule: string; column: string; count: number }>('ExportRedactionCount')
  .implement({
    description: 'How often something in a column was replaced on its way out.',
    fields: (t) => ({
      rule: t.exposeString('rule', {
        description: 'The rule that found it, e.g. openai-api-key; or the mode: pseudonymise, generalise.',
      }),
      column: t.exposeString('column', { description: 'The column.' }),
      count: t.field({ type: 'SafeInt', description: 'How often.', resolve: (each) => each.count }),
    }),
  })

const failure = builder.objectRef<NonNullable<ExportJob['failure']>>('ExportFailure').implement({
  description: 'Why an export failed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable name of the kind of failure.' }),
    message: t.exposeString('message', { description: 'What happened.' }),
    hint: t.string({
      nullable: true,
      description: 'What to do about it.',
      resolve: (each) => each.hint ?? null,
    }),
  }),
})

export const exportJob = builder.objectRef<ExportJob>('ExportJob').implement({
  description: 'A request for an export, and its fate.',
  fields: (t) => ({
    id: t.id({ description: 'E.g. exp_0199….', resolve: (job) => exportJobId(job.id) }),
    status: t.expose('status', { type: status, description: 'Where it stands.' }),
    version: t.field({
      type: 'SafeInt',
      description: 'Rises with every change: of two states of a job, the higher is the newer.',
      resolve: (job) => job.version,
    }),
    dataset: t.string({ description: 'What is exported.', resolve: (job) => job.plan.dataset }),
    format: t.field({ type: exportFormat, description: 'As what.', resolve: (job) => job.plan.format }),
    columns: t.field({
      type: [column],
      description: 'In file order.',
      resolve: (job) => [...job.plan.columns],
    }),
    progress: t.field({ type: exportProgress, description: 'How far it has come.', resolve: (job) => job }),
    file: t.field({
      type: exportFile,
      nullable: true,
      description: 'The file, once the export has succeeded and until it expires.',
      resolve: (job) => (job.status === 'SUCCEEDED' ? (job as FinishedJob) : null),
    }),
    changes: t.field({
      type: [lossCount],
      description: 'What of the values could not be written as it was; empty when all could.',
      resolve: (job) =>
        countKinds.flatMap((kind) =>
          (job.counts?.[kind] ?? []).flatMap((count, index) =>
            count > 0 ? [{ kind, column: job.plan.columns[index]!.header, count }] : [],
          ),
        ),
    }),
    redactions: t.field({
      type: [redactionCount],
      description:
        'What of the values was replaced for privacy, once the export has succeeded; of columns that the caller may see.',
      resolve: (job, _args, { caller }) => {
        const visible = visibleColumns(caller, job.plan)
        return Object.entries(job.redactions?.counts ?? {}).flatMap(([rule, counts]) =>
          counts.flatMap((count, index) =>
            count > 0 && visible[index] ? [{ rule, column: job.plan.columns[index]!.header, count }] : [],
          ),
        )
      },
    }),
    redactionRules: t.string({
      nullable: true,
      description: 'The version of the rules that were used, once the export has succeeded.',
      resolve: (job) => job.redactions?.rules ?? null,
    }),
    personalData: t.field({
      type: personalDataMode,
      description: 'What happens to personal data in its text.',
      resolve: (job) => job.plan.privacy.personalData,
    }),
    reason: t.string({
      nullable: true,
      description:
        'Why something was wanted unredacted: for whoever asked for it, and those who may do so or see what is on record.',
      resolve: (job, _args, { app, caller }) => {
        const mayKnow =
          job.requestedBy === caller.principalId ||
          hasPermission(caller, 'content:reveal') ||
          hasPermission(caller, 'audit:read')
        return job.reason === null || !mayKnow ? null : app.redaction.text(job.reason)
      },
    }),
    failure: t.field({
      type: failure,
      nullable: true,
      description: 'Why it failed, if it did.',
      resolve: (job) => job.failure,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was first begun.',
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its file goes, or went; its class and the configuration decide.',
    }),
    attempt: t.exposeInt('attempt', {
      description: 'How often a worker has taken it: more than once after a crash, a restart or a retry.',
    }),
    idempotencyKey: t.exposeString('idempotencyKey', {
      nullable: true,
      description: 'What its caller named the request with, if so.',
    }),
  }),
})

builder.queryField('exportJob', (t) =>
  t.field({
    type: exportJob,
    nullable: true,
    description: 'One export job, or null if there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: async (_root, { id }, { app, caller }) => {
      const uuid = parseExportJobId(id)
      return (uuid && (await findJob(app, caller, uuid))) || null
    },
  }),
)

builder.queryField('exportJobs', (t) =>
  t.field({
    type: [exportJob],
    description: "The project's export jobs, newest first.",
    args: {
      first: t.arg.int({ required: true, defaultValue: 20, description: 'So many, 1 to 200.' }),
      before: t.arg.id({ description: 'Only jobs older than this one.' }),
    },
    resolve: async (_root, { first, before }, { app, caller }) => {
      const problems: Problem[] = []
      if (first < 1 || first > 200) {
        problems.push({ message: 'A page has 1 to 200 export jobs.', path: ['first'] })
      }
      const uuid = typeof before === 'string' ? parseExportJobId(before) : undefined
      if (typeof before === 'string' && !uuid) {
        problems.push({ message: 'This is no id of an export job.', path: ['before'] })
      }
      if (problems.length > 0) throw invalidInput(problems)
      return [...(await listJobs(app, caller, { limit: first, before: uuid }))]
    },
  }),
)
