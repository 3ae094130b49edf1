import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { Command } from 'commander'
import { AppError, errorCodes } from '../core/errors.ts'
import type { IngestReport } from '../ingest/report.ts'
import type { CommandContext } from './command-context.ts'
import { formatCount } from './figures.ts'
import { fileTime, findInputFiles, openInput, type InputFile, type UnreadPath } from './input-files.ts'
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
    stream = stdin ? process.stdin : await openInput(file.path)
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
      stream,
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
  const { path, status, rejects, warnings } = report
  const tell = (what: string, at: { line?: number; item?: number }, text: string) =>
    terminal.err(`  ${what} ${place(at)}${printable(text)}\n`)
  if (!quiet || status === 'partial' || status === 'quarantined') {
    const told = [
      ...kindsOf(report),
      ...(report.refused > 0 ? [`${formatCount(report.refused)} refused`] : []),
    ]
    terminal.out(`${status.padEnd(11)} ${printable(path)}${told.length > 0 ? `: ${told.join('; ')}` : ''}\n`)
  }
  for (const reject of rejects)
    tell('refused', reject, `${reject.reason}${reject.excerpt && `: ${reject.excerpt}`}`)
  tellOfMore(terminal, report.refused - rejects.length, 'refused')
  if (quiet) return
  for (const warning of warnings) tell('warning', warning, warning.message)
  tellOfMore(terminal, report.warned - warnings.length, 'warnings')
}

/** `205 agent_interactions added, 3 there already` for each dataset that the file told of. */
function kindsOf({ datasets, records, tests, status }: IngestReport): string[] {
  if (status === 'unchanged' && 'unchanged' in records)
    return [`${formatCount(records.unchanged)} there already`]
  const kinds = Object.entries(datasets).map(([dataset, counts]) => {
    if ('told' in counts) return `${dataset}: ${formatCount(counts.told)} taken in`
    const parts = [
      [counts.added, 'added'],
      [counts.replaced, 'replaced'],
      [counts.unchanged, 'there already'],
    ] as const
    const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`)
    return `${dataset}: ${told.join(', ')}`
  })
  return tests > 0 ? [...kinds, tests === 1 ? 'one test' : `${formatCount(tests)} tests`] : kinds
}

function tellOfMore(terminal: CommandContext['terminal'], more: number, what: string): void {
  if (more > 0) terminal.err(`  … and ${formatCount(more)} more ${what}\n`)
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
    ...(reports.some(({ records }) => 'told' in records)
      ? [`${sum(({ records }) => ('told' in records ? records.told : 0))} records taken in`]
      : [
          `${sum(({ records }) => ('added' in records ? records.added : 0))} records added`,
          `${sum(({ records }) => ('added' in records ? records.replaced : 0))} replaced`,
          `${sum(({ records }) => ('added' in records ? records.unchanged : 0))} there already`,
        ]),
    `${sum((report) => report.refused)} refused`,
  ]
  terminal.err(
    `evalport: ${parts.join(', ')}${leftOut > 0 ? `; ${formatCount(leftOut)} other files left out` : ''}\n`,
  )
}
