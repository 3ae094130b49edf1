import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { Command } from 'commander'
import { AppError, errorCodes } from '../core/errors.ts'
import type { IngestReport } from '../ingest/ingest.ts'
import type { CommandContext } from './command-context.ts'
import { formatCount } from './figures.ts'
import { fileTime, findInputFiles, type InputFile, type UnreadPath } from './input-files.ts'
import { printable } from './printable.ts'

interface Flags {
  readonly format?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export function ingestCommand(context: CommandContext): Command {
  return new Command('ingest')
    .description('take evaluation data in; what is there already is not taken in twice')
    .argument('<path...>', 'files, folders, or - for standard input')
    .option('--format <reader>', 'the input format, if it cannot be told from the content')
    .option('-q, --quiet', 'say nothing but errors and what was refused')
    .option('--json', 'print one JSON object at the end')
    .action((paths: string[], flags: Flags) => ingest(context, paths, flags))
}

async function ingest(context: CommandContext, paths: readonly string[], flags: Flags): Promise<void> {
  const { terminal } = context
  const { files, leftOut, unreadable } = await findInputFiles(paths)
  const reports: IngestReport[] = []
  const failed: UnreadPath[] = [...unreadable]
  for (const file of files) {
    context.interrupted.throwIfAborted()
    const report = await send(context, file, flags.format)
    if ('why' in report) failed.push(report)
    else {
      reports.push(report)
      if (!flags.json) describe(context, report, flags.quiet === true)
    }
  }
  const refused = reports.filter((report) => report.status === 'partial' || report.status === 'quarantined')
  if (flags.json) terminal.out(`${JSON.stringify({ files: reports, leftOut, failed })}\n`)
  else {
    for (const { path, why } of failed) terminal.err(`✗ ${printable(path)}: ${why}\n`)
    if (!flags.quiet) summarise(context, reports, leftOut.length)
  }
  if (refused.length + failed.length > 0) context.exitWith(errorCodes.INVALID_INPUT.exit)
}

/** What became of the file, or why it alone could not be sent; the others go on then. */
async function send(
  context: CommandContext,
  file: InputFile,
  format: string | undefined,
): Promise<IngestReport | UnreadPath> {
  const stdin = file.path === '-'
  const client = context.client()
  let stream: Readable | undefined
  try {
    stream = stdin ? process.stdin : (await open(file.path)).createReadStream()
    const known = stdin ? undefined : await fileTime(file.path)
    return await client.post<IngestReport>(
      '/ingest',
      {
        path: stdin ? 'standard input' : file.path,
        ...(known && { time: known.time, time_source: known.source }),
        ...(format !== undefined && { format }),
        // A folder may hold other things too; what was named is meant, and so is what is called as reports are.
        ...(!file.named && !/^eval_results_.*\.md$/i.test(basename(file.path)) && { skip_unknown: 'true' }),
      },
      Readable.toWeb(stream) as BodyInit,
    )
  } catch (error) {
    const reading = stream === undefined ? error : stream.errored
    if (reading instanceof Error && !context.interrupted.aborted)
      return { path: file.path, why: `cannot be read: ${reading.message}` }
    if (error instanceof AppError && error.code === 'PAYLOAD_TOO_LARGE')
      return { path: file.path, why: error.message }
    throw error
  } finally {
    stream?.destroy()
  }
}

function describe({ terminal }: CommandContext, report: IngestReport, quiet: boolean): void {
  const { path, status, records, rejects, warnings } = report
  const tell = (what: string, at: { line?: number; item?: number }, text: string) =>
    terminal.err(`  ${what} ${place(at)}${printable(text)}\n`)
  if (!quiet || status === 'partial' || status === 'quarantined') {
    const counts = [
      [records.added, 'added'],
      [records.replaced, 'replaced'],
      [records.unchanged, 'there already'],
      [rejects.length, 'refused'],
    ] as const
    const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`)
    terminal.out(`${status.padEnd(11)} ${printable(path)}${told.length > 0 ? `: ${told.join(', ')}` : ''}\n`)
  }
  for (const reject of rejects)
    tell('refused', reject, `${reject.reason}${reject.excerpt && `: ${reject.excerpt}`}`)
  if (!quiet) for (const warning of warnings) tell('warning', warning, warning.message)
}

function place(at: { line?: number; item?: number }): string {
  if (at.line !== undefined) return `line ${at.line}: `
  return at.item === undefined ? '' : `item ${at.item}: `
}

function summarise({ terminal }: CommandContext, reports: readonly IngestReport[], leftOut: number): void {
  const sum = (count: (report: IngestReport) => number) =>
    formatCount(reports.reduce((all, each) => all + count(each), 0))
  const parts = [
    `${formatCount(reports.length)} ${reports.length === 1 ? 'file' : 'files'}`,
    `${sum((report) => report.records.added)} records added`,
    `${sum((report) => report.records.replaced)} replaced`,
    `${sum((report) => report.records.unchanged)} there already`,
    `${sum((report) => report.rejects.length)} refused`,
  ]
  terminal.err(
    `evalport: ${parts.join(', ')}${leftOut > 0 ? `; ${formatCount(leftOut)} other files left out` : ''}\n`,
  )
}
