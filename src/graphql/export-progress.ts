import type { ExportJob, JobPhase } from '../core/export-job.ts'
import { builder } from './builder.ts'

const phase = builder.enumType('ExportPhase', {
  description: 'What a running export is doing.',
  values: {
    WRITING: { description: 'Records are read and written.' },
    FINISHING: { description: 'The file is made durable.' },
  } satisfies Record<JobPhase, { description: string }>,
})

const rowCount = builder.objectRef<{ value: number; isExact: boolean }>('RowCount').implement({
  description: 'A number of rows, and how far to trust it.',
  fields: (t) => ({
    value: t.field({ type: 'SafeInt', description: 'The number.', resolve: (count) => count.value }),
    isExact: t.exposeBoolean('isExact', { description: 'False when it is an estimate.' }),
  }),
})

export const exportProgress = builder.objectRef<ExportJob>('ExportProgress').implement({
  description: 'How far an export has come. No number ever goes back.',
  fields: (t) => ({
    phase: t.field({
      type: phase,
      nullable: true,
      description: 'While it runs.',
      resolve: (job) => job.phase,
    }),
    rowsWritten: t.field({
      type: 'SafeInt',
      description: 'Rows written.',
      resolve: (job) => job.rowsWritten,
    }),
    bytesWritten: t.field({
      type: 'SafeInt',
      description: 'Bytes written.',
      resolve: (job) => job.bytesWritten,
    }),
    rowsTotal: t.field({
      type: rowCount,
      nullable: true,
      description: 'Rows in all: soon as far as Postgres estimates, then as counted.',
      resolve: (job) =>
        job.rowsTotal === null ? null : { value: job.rowsTotal, isExact: job.rowsTotalExact === true },
    }),
    rowsPerSecond: t.float({
      nullable: true,
      description: 'How fast it has been of late, while it runs; null while that is not known.',
      resolve: (job) => job.rowsPerSecond,
    }),
    secondsLeft: t.float({
      nullable: true,
      description: 'How long it will still take at that speed; null while that is not known.',
      resolve: secondsLeft,
    }),
    heartbeatAt: t.expose('heartbeatAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its worker was last heard of: about once a second while it runs.',
    }),
    isStalled: t.exposeBoolean('isStalled', {
      description: 'It runs, but its worker is silent, or has written nothing for half a minute.',
    }),
    percent: t.float({
      nullable: true,
      description:
        '0 to 100; 100 only when the export has succeeded. Unknown until the rows are counted or estimated.',
      resolve: percentOf,
    }),
  }),
})

function percentOf(job: ExportJob): number | null {
  if (job.status === 'SUCCEEDED' || job.status === 'EXPIRED') return 100
  if (job.rowsTotal === null) return null
  const share = job.rowsTotal === 0 ? 0 : job.rowsWritten / job.rowsTotal
  return Math.min(99, Math.floor(share * 100))
}

function secondsLeft({ status, rowsTotal, rowsWritten, rowsPerSecond, isStalled }: ExportJob): number | null {
  if (status !== 'RUNNING' || rowsTotal === null || !rowsPerSecond || isStalled) return null
  const left = Math.max(0, rowsTotal - rowsWritten) / rowsPerSecond
  return Math.round(left * 10) / 10
}
