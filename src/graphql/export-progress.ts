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
      description: 'Rows in all, as soon as they are counted.',
      resolve: (job) =>
        job.rowsTotal === null ? null : { value: job.rowsTotal, isExact: job.rowsTotalExact === true },
    }),
    percent: t.float({
      nullable: true,
      description: '0 to 100; 100 only when the export has succeeded. Unknown until the rows are counted.',
      resolve: percentOf,
    }),
  }),
})

function percentOf(job: ExportJob): number | null {
  if (job.status === 'SUCCEEDED') return 100
  if (job.rowsTotal === null) return null
  const share = job.rowsTotal === 0 ? 0 : job.rowsWritten / job.rowsTotal
  return Math.min(99, Math.floor(share * 100))
}
