import { Command } from 'commander'
import { AppError } from '../core/errors.ts'
import { isFinal } from '../core/export-job.ts'
import type { CommandContext } from './command-context.ts'
import { unfinished } from './export.ts'
import { formatBytes, formatCount } from './figures.ts'
import { fetchJob, jobJson } from './job.ts'
import { checkProofTarget, checkTarget, saveDownload, saveProof } from './save-download.ts'

interface Flags {
  readonly output?: string
  readonly force?: boolean
  readonly manifest?: boolean
  readonly quiet?: boolean
  readonly json?: boolean
}

export function downloadCommand(context: CommandContext): Command {
  return new Command('download')
    .description('fetch the file of a finished export job and check it')
    .argument('<job>', 'its id')
    .option(
      '-o, --output <file>',
      'a file, a folder, or - for standard output (default: the server’s name, here)',
    )
    .option('--manifest', 'also save datapackage.json and SHA256SUMS, which prove it, into the folder')
    .option('--force', 'replace a file that is there')
    .option('-q, --quiet', 'say nothing but errors')
    .option('--json', 'print one JSON object at the end')
    .action(async (id: string, flags: Flags) => {
      const { terminal } = context
      const target = { output: flags.output, force: flags.force === true }
      await checkTarget(target)
      if (flags.manifest) await checkProofTarget(target)
      const job = await fetchJob(context.client(), id)
      if (isFinal(job.status) && !job.file) throw unfinished(job)
      if (!job.file) {
        throw new AppError('STILL_RUNNING', `The export ${job.id} is still ${job.status.toLowerCase()}.`, {
          hint: `Follow it with: evalport status ${job.id} --watch`,
        })
      }
      const path = await saveDownload(context, job.file, target)
      if (flags.manifest) await saveProof(context, job.file, target.output ?? '.', target.force)
      const { rows, bytes, sha256 } = job.file
      if (!flags.quiet) {
        terminal.err(`evalport: ${formatCount(rows)} rows, ${formatBytes(bytes)}, sha256 ${sha256}\n`)
      }
      if (path === undefined) return
      terminal.out(flags.json ? `${JSON.stringify({ ...jobJson(job), path })}\n` : `${path}\n`)
    })
}
