import type { App } from '../app.ts'
import type { Caller } from '../core/caller.ts'
import type { ExportJob } from '../core/export-job.ts'
import type { ExportFileKind } from '../core/proof.ts'
import { downloadLink, downloadRefusals } from '../exports/download.ts'
import { exportFileName } from '../exports/file-name.ts'
import { formatterById } from '../formatters/registry.ts'
import { builder } from './builder.ts'

/** Null for whoever may not have it, and where there is no such file. */
function linkTo(app: App, caller: Caller, job: ExportJob, kind: ExportFileKind): string | null {
  if (downloadRefusals(caller, job).length > 0) return null
  const link = downloadLink(app, caller, job, kind)
  return link ? app.baseUrl() + link.path : null
}

/** A finished job, known to have its file. */
export type FinishedJob = ExportJob & { readonly sha256: string }

export const exportFile = builder.objectRef<FinishedJob>('ExportFile').implement({
  description: 'The file of a succeeded export.',
  fields: (t) => ({
    name: t.string({
      description: 'What a download is called.',
      resolve: (job) => exportFileName(job.plan.dataset, job.plan.format, job.createdAt),
    }),
    mediaType: t.string({
      description: 'Its media type.',
      resolve: (job) => formatterById(job.plan.format).mediaType,
    }),
    rows: t.field({ type: 'SafeInt', description: 'Its rows.', resolve: (job) => job.rowsWritten }),
    bytes: t.field({ type: 'SafeInt', description: 'Its size.', resolve: (job) => job.bytesWritten }),
    sha256: t.exposeString('sha256', { description: 'Its digest, in lower-case hex.' }),
    downloadUrl: t.string({
      nullable: true,
      description:
        'Where to get it, for some minutes, without sending a key: treat it as one. Ask again for a new one. Null if the ' +
        'caller may not have what the file holds: refusal says why.',
      resolve: (job, _args, { app, caller }) => linkTo(app, caller, job, 'data'),
    }),
    manifestUrl: t.string({
      nullable: true,
      description:
        'Where to get datapackage.json, which proves the file, in the same way; null for old exports.',
      resolve: (job, _args, { app, caller }) => linkTo(app, caller, job, 'manifest'),
    }),
    sumsUrl: t.string({
      nullable: true,
      description: 'Where to get SHA256SUMS, for sha256sum -c, in the same way; null for old exports.',
      resolve: (job, _args, { app, caller }) => linkTo(app, caller, job, 'sums'),
    }),
    refusal: t.string({
      nullable: true,
      description: 'Why the caller may not have it, if so.',
      resolve: (job, _args, { caller }) => downloadRefusals(caller, job).join(' ') || null,
    }),
  }),
})
