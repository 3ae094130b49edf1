import type { App } from '../app.ts'
import type { Caller } from '../core/caller.ts'
import { AppError, tellError } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import { parseExportJobId } from '../core/public-id.ts'
import { cancelExport, deleteExportFiles, retryExport } from '../exports/change-job.ts'
import { builder } from './builder.ts'
import { conflictError, forbiddenError, notFoundError, refusalType } from './errors.ts'
import { exportJob } from './export-jobs.ts'

type Change = (app: App, caller: Caller, id: string) => Promise<ExportJob>

/** A mutation that changes one job: its result is the job as it is then, or why it is not changed. */
function jobMutation(name: string, texts: { mutation: string; success: string }, change: Change): void {
  const typeName = name[0]!.toUpperCase() + name.slice(1)
  const success = builder.objectRef<{ job: ExportJob }>(`${typeName}Success`).implement({
    description: texts.success,
    fields: (t) => ({ job: t.expose('job', { type: exportJob, description: 'The job as it is now.' }) }),
  })
  const result = builder.unionType(`${typeName}Result`, {
    description: 'The job, or why nothing was done.',
    types: [success, notFoundError, forbiddenError, conflictError],
    resolveType: (value) => ('job' in value ? `${typeName}Success` : refusalType(value)),
  })
  builder.mutationField(name, (t) =>
    t.field({
      type: result,
      description: texts.mutation,
      args: { id: t.arg.id({ required: true, description: 'The id of the job.' }) },
      resolve: async (_root, { id }, { app, caller }) => {
        try {
          const uuid = parseExportJobId(id)
          if (!uuid)
            throw new AppError('NOT_FOUND', 'This is no id of an export job.', {
              hint: 'One begins with exp_.',
            })
          return { job: await change(app, caller, uuid) }
        } catch (error) {
          if (!(error instanceof AppError) || !refusalType(error)) throw error
          return tellError(error, app.redaction.text)
        }
      },
    }),
  )
}

jobMutation(
  'cancelExport',
  {
    mutation:
      'Cancels an export that has not ended: it is CANCELLED at once, or CANCELLING for a moment if a worker has it. ' +
      'What it has written is removed.',
    success: 'The export is cancelled, or is about to be.',
  },
  cancelExport,
)
jobMutation(
  'retryExport',
  {
    mutation:
      'Lets an export that failed or was cancelled be tried again, for the same instant. One that kept its parts goes on ' +
      'from them.',
    success: 'The export waits for a worker again, or has been tried again already.',
  },
  retryExport,
)
jobMutation(
  'deleteExportFiles',
  {
    mutation: 'Deletes the files of an export before they expire. The job is kept.',
    success: 'The files are gone.',
  },
  deleteExportFiles,
)
