import { AppError, tellError, type Problem, type ToldError } from '../core/errors.ts'
import { requestExport, type Requested } from '../exports/request.ts'
import { builder } from './builder.ts'
import { chosenSource, exportSource } from './datasets.ts'
import { conflictError, forbiddenError, refusalType, validationError, type Refusal } from './errors.ts'
import { exportFormat } from './export-formats.ts'
import { exportJob } from './export-jobs.ts'
import { toConditions } from './filters.ts'
import { personalDataMode, pseudonymScope } from './privacy.ts'

const success = builder.objectRef<Requested>('StartExportSuccess').implement({
  description: 'The export was started, or had been by the same request.',
  fields: (t) => ({
    job: t.expose('job', { type: exportJob, description: 'The job.' }),
    isRepeat: t.exposeBoolean('isRepeat', {
      description: 'The idempotency key was used before, for the same request: nothing was started.',
    }),
  }),
})

const result = builder.unionType('StartExportResult', {
  description: 'A job, or why there is none.',
  types: [success, validationError, forbiddenError, conflictError],
  resolveType: (value) => ('job' in value ? 'StartExportSuccess' : refusalType(value)),
})

const input = builder.inputType('StartExportInput', {
  description: 'What to export, and as what.',
  fields: (t) => ({
    source: t.field({ type: exportSource, required: true, description: 'What to export.' }),
    format: t.field({ type: exportFormat, required: true, description: 'As what.' }),
    formatOptions: t.field({
      type: 'JSON',
      description: 'Options of the format, an object; exportFormats tells what each format takes.',
    }),
    personalData: t.field({
      type: personalDataMode,
      description: 'What happens to personal data in text; redacted, if it is not given.',
    }),
    pseudonymScope: t.field({
      type: pseudonymScope,
      description: 'Where pseudonyms are the same; in the project, if it is not given.',
    }),
    idempotencyKey: t.string({
      description:
        'Names this request, e.g. a random UUID: sent again by the same caller, it starts nothing, and gives the job of then.',
    }),
    reason: t.string({
      description: 'Why something is to leave unredacted: 10 to 500 characters, kept with the export.',
    }),
  }),
})

builder.mutationField('startExport', (t) =>
  t.field({
    type: result,
    description:
      'Starts an export of the records as they are now. Returns at once: follow it with exportJobUpdated.',
    args: { input: t.arg({ type: input, required: true, description: 'What to export, and as what.' }) },
    resolve: async (_root, args, { app, caller }) => {
      const { name, dataset, source } = chosenSource(args.input.source)
      const problems: Problem[] = []
      const filter = toConditions(dataset.fields, source.where, problems)
      const options = args.input.formatOptions ?? {}
      const isObject = typeof options === 'object' && !Array.isArray(options)
      if (!isObject) problems.push({ message: 'formatOptions is an object.', path: ['formatOptions'] })
      try {
        const spec = {
          dataset: dataset.id,
          ...(source.fields && { fields: [...source.fields] }),
          filter,
          direction: source.orderBy?.direction ?? 'ASC',
          format: args.input.format,
          formatOptions: isObject ? (options as Record<string, unknown>) : {},
          privacy: [...(source.privacy ?? [])],
          ...(args.input.personalData && { personalData: args.input.personalData }),
          ...(args.input.pseudonymScope && { pseudonymScope: args.input.pseudonymScope }),
          ...(typeof args.input.reason === 'string' && { reason: args.input.reason }),
        }
        const idempotencyKey = args.input.idempotencyKey ?? undefined
        return await requestExport(app, caller, { spec, idempotencyKey }, problems)
      } catch (error) {
        if (!(error instanceof AppError) || !refusalType(error)) throw error
        return located(tellError(error, app.redaction.text), name)
      }
    },
  }),
)

/** Tells the places of problems as they stand in this mutation's arguments. */
function located(error: ToldError, source: string): Refusal {
  const problems = error.problems.map((problem) => {
    const inSource = ['fields', 'where', 'privacy'].includes(problem.path[0] ?? '')
    return {
      ...problem,
      path: inSource ? ['input', 'source', source, ...problem.path] : ['input', ...problem.path],
    }
  })
  return { code: error.code, message: error.message, hint: error.hint, problems }
}
