import { Command } from 'commander'
import { isFinal } from '../core/export-job.ts'
import type { CommandContext } from './command-context.ts'
import { awaitEnd, unfinished } from './export.ts'
import { formatBytes, formatCount } from './figures.ts'
import { fetchJob, jobFragment, jobJson, type JobState } from './job.ts'
import { parseProgressMode, progressModes, type ProgressMode } from './progress.ts'
import { formatTable } from './table.ts'

interface Flags {
  readonly watch?: boolean
  readonly progress: ProgressMode
  readonly json?: boolean
}

export function statusCommand(context: CommandContext): Command {
  return new Command('status')
    .description('show one export job, or the latest ones')
    .argument('[job]', 'its id; otherwise the latest jobs are listed')
    .option('--watch', 'follow the job to its end (the newest one, if none is named)')
    .option('--progress <mode>', progressModes.join(', '), parseProgressMode, 'auto')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, flags: Flags) => {
      const { terminal } = context
      if (id === undefined && !flags.watch) {
        const jobs = await latestJobs(context)
        terminal.out(flags.json ? `${JSON.stringify(jobs.map(jobJson))}\n` : listJobs(jobs))
        return
      }
      const job = id === undefined ? (await latestJobs(context))[0] : await fetchJob(context.client(), id)
      if (!job) {
        terminal.out(flags.json ? 'null\n' : 'There are no export jobs.\n')
        return
      }
      const last =
        flags.watch && !isFinal(job.status) ? await awaitEnd(context, job, flags.progress, undefined) : job
      terminal.out(flags.json ? `${JSON.stringify(jobJson(last))}\n` : describeJob(last))
      if (flags.watch && last.status !== 'SUCCEEDED') throw unfinished(last)
    })
}

async function latestJobs(context: CommandContext): Promise<readonly JobState[]> {
  const { exportJobs } = await context
    .client()
    .query<{ exportJobs: readonly JobState[] }>(`{ exportJobs(first: 20) { ...Job } } ${jobFragment}`)
  return exportJobs
}

function listJobs(jobs: readonly JobState[]): string {
  if (jobs.length === 0) return 'There are no export jobs.\n'
  return formatTable(
    ['ID', 'DATASET', 'FORMAT', 'STATUS', 'PROGRESS', 'AGE'],
    jobs.map((job) => [
      job.id,
      job.dataset,
      job.format.toLowerCase(),
      job.status.toLowerCase(),
      describeProgress(job),
      age(job.createdAt),
    ]),
  )
}

function describeProgress(job: JobState): string {
  const { rowsWritten, rowsTotal, percent } = job.progress
  if (job.status === 'FAILED') return job.failure?.code ?? 'failed'
  if (job.progress.isStalled) return `stalled at ${formatCount(rowsWritten)} rows`
  if (job.status === 'SUCCEEDED') return `${formatCount(rowsWritten)} rows`
  if (percent === null || !rowsTotal) return `${formatCount(rowsWritten)} rows`
  return `${percent} %  ${formatCount(rowsWritten)} / ${formatCount(rowsTotal.value)}`
}

function describeJob(job: JobState): string {
  const lines = [
    ['id', job.id],
    ['status', job.status.toLowerCase()],
    ['dataset', job.dataset],
    ['format', job.format.toLowerCase()],
    ['columns', job.columns.map((column) => column.header).join(', ')],
    ['progress', describeProgress(job)],
    ['asked for', job.createdAt],
    ...(job.finishedAt === null ? [] : [['ended', job.finishedAt]]),
    ...(job.expiresAt === null ? [] : [[job.file ? 'kept until' : 'gone since', job.expiresAt]]),
    ...(job.status === 'RUNNING' && job.progress.heartbeatAt !== null
      ? [['last heard', job.progress.heartbeatAt]]
      : []),
    ...(job.file
      ? [
          ['size', formatBytes(job.file.bytes)],
          ['sha256', job.file.sha256],
        ]
      : []),
    ...job.changes.map((change) => [change.kind, `${formatCount(change.count)} in ${change.column}`]),
    ...(job.failure
      ? [
          ['failure', job.failure.message],
          ['fix', job.failure.hint ?? ''],
        ]
      : []),
    ...nextStep(job),
  ]
  return lines.map(([name, value]) => `${name!.padEnd(12)}${value}\n`).join('')
}

function nextStep({ id, status }: JobState): string[][] {
  if (status === 'SUCCEEDED') return [['next', `evalport download ${id}`]]
  if (status === 'FAILED' || status === 'CANCELLED') return [['next', `evalport retry ${id}`]]
  return status === 'RUNNING' || status === 'QUEUED' ? [['next', `evalport status ${id} --watch`]] : []
}

function age(createdAt: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(createdAt)) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}
