import { Command } from 'commander'
import { AppError } from '../core/errors.ts'
import type { CommandContext } from './command-context.ts'
import { awaitEnd, unfinished } from './export.ts'
import { jobFragment, jobJson, type JobState } from './job.ts'
import { parseProgressMode, progressModes, type ProgressMode } from './progress.ts'

interface Flags {
  readonly json?: boolean
  readonly detach?: boolean
  readonly progress?: ProgressMode
}

/** `cancel <job>`: waits until it is, which takes a moment when a worker has it. */
export function cancelCommand(context: CommandContext): Command {
  return jobCommand('cancel', 'cancel an export that has not ended; nothing of it is kept').action(
    async (id: string, flags: Flags) => {
      const job = await changeJob(context, 'cancelExport', id)
      const last = job.status === 'CANCELLING' ? await awaitEnd(context, job, 'none', undefined) : job
      tell(context, last, flags)
    },
  )
}

/** `retry <job>`: waits for the end, unless told otherwise. */
export function retryCommand(context: CommandContext): Command {
  return jobCommand('retry', 'try an export again that failed or was cancelled, from its last part on')
    .option('--detach', 'do not wait for its end')
    .option('--progress <mode>', progressModes.join(', '), parseProgressMode, 'auto')
    .action(async (id: string, flags: Flags) => {
      const job = await changeJob(context, 'retryExport', id)
      const last = flags.detach ? job : await awaitEnd(context, job, flags.progress ?? 'auto', undefined)
      if (!flags.detach && last.status !== 'SUCCEEDED') throw unfinished(last)
      tell(context, last, flags)
      if (!flags.json && last.file) context.terminal.err(`evalport: fetch it with: evalport download ${id}\n`)
    })
}

/** `delete <job>`: the job itself is kept. */
export function deleteCommand(context: CommandContext): Command {
  return jobCommand('delete', 'delete the files of an export before they expire; the job is kept').action(
    async (id: string, flags: Flags) =>
      tell(context, await changeJob(context, 'deleteExportFiles', id), flags),
  )
}

function jobCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<job>', 'its id')
    .option('--json', 'print one JSON object')
}

function tell({ terminal }: CommandContext, job: JobState, flags: Flags): void {
  terminal.out(flags.json ? `${JSON.stringify(jobJson(job))}\n` : `${job.id} ${job.status.toLowerCase()}\n`)
}

type Mutation = 'cancelExport' | 'retryExport' | 'deleteExportFiles'

async function changeJob(context: CommandContext, mutation: Mutation, id: string): Promise<JobState> {
  const success = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Success`
  const { result } = await context.client().query<{
    result: {
      job?: JobState
      code: 'NOT_FOUND' | 'FORBIDDEN' | 'CONFLICT'
      message: string
      hint: string | null
    }
  }>(
    `mutation Change($id: ID!) {
      result: ${mutation}(id: $id) {
        ... on ${success} { job { ...Job } }
        ... on UserError { code message hint }
      }
    } ${jobFragment}`,
    { id },
  )
  if (result.job) return result.job
  throw new AppError(result.code, result.message, result.hint === null ? {} : { hint: result.hint })
}
