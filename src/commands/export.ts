import { randomUUID } from 'node:crypto'
import { Command, InvalidArgumentError } from 'commander'
import { AppError } from '../core/errors.ts'
import { isFinal } from '../core/export-job.ts'
import { privacyModes } from '../core/privacy.ts'
import type { CommandContext } from './command-context.ts'
import { buildRequest, type ExportFlags } from './export-request.ts'
import { formatBytes, formatCount, formatSeconds, parseDuration, parseInstant } from './figures.ts'
import { followStates, jobFragment, jobJson, type JobState } from './job.ts'
import { displayProgress, parseProgressMode, progressModes, type ProgressMode } from './progress.ts'
import { checkProofTarget, checkTarget, saveDownload, saveProof } from './save-download.ts'

interface Flags extends ExportFlags {
  readonly force?: boolean
  readonly manifest?: boolean
  readonly detach?: boolean
  readonly idempotencyKey?: string
  readonly progress: ProgressMode
  readonly timeout?: number
  readonly json?: boolean
  readonly quiet?: boolean
}

/** What timers can hold, 24.8 days: one that is longer would end at once. */
const longestTimer = 2 ** 31 - 1

const more = (value: string, before: string[] | undefined) => [...(before ?? []), value]

export function exportCommand(context: CommandContext): Command {
  return new Command('export')
    .description('make a file of a dataset, wait for it, download it and check it')
    .argument('<dataset>', 'what to export, e.g. results')
    .option('-f, --fields <a,b,c>', 'columns in file order; +a,-b adds to and takes from the default ones')
    .option('--since <time>', 'from this time on: 7d, or 2026-05-24, or 2026-05-24T13:46:19Z', (text) =>
      parseInstant(text),
    )
    .option('--until <time>', 'before this time', (text) => parseInstant(text))
    .option('--provider <name>', 'only this provider; may be repeated', more)
    .option('--model <name>', 'only this model; may be repeated', more)
    .option('--test <id>', 'only this test; may be repeated', more)
    .option('--run <run>', 'only this run; may be repeated', more)
    .option('--session <id>', 'only this session; may be repeated', more)
    .option('--kind <kind>', 'only interactions of this kind; may be repeated', more)
    .option('--tool <name>', 'only calls of this tool; may be repeated', more)
    .option('--metric <name>', 'only this metric; may be repeated', more)
    .option('--success <true|false>', 'only successes, or only failures', parseBoolean)
    .option('--order <asc|desc>', 'oldest or newest first (default: asc)', parseOrder)
    .option(
      '--privacy <field=mode>',
      `what happens to a column's values: ${privacyModes.join(', ')}; may be repeated`,
      more,
    )
    .option('--personal-data <mode>', 'what happens to personal data in text: redact (default) or keep')
    .option('--pseudonym-scope <scope>', 'where pseudonyms are the same: project (default) or export')
    .option('--reason <text>', 'why something is to leave unredacted; kept with the export')
    .option('--format <name>', 'csv, json, …; otherwise by the ending of --output, otherwise csv')
    .option('--format-option <name=value>', 'an option of the format; may be repeated', more)
    .option(
      '-o, --output <file>',
      'a file, a folder, or - for standard output (default: the server’s name, here)',
    )
    .option('--manifest', 'also save datapackage.json and SHA256SUMS, which prove it, into the folder')
    .option('--force', 'replace a file that is there')
    .option('--detach', 'start the export, print its id, and leave')
    .option(
      '--idempotency-key <key>',
      'the same key and request give the same job, however often they are sent',
    )
    .option('--timeout <span>', 'wait no longer than this, e.g. 10m', parseDuration)
    .option('--progress <mode>', progressModes.join(', '), parseProgressMode, 'auto')
    .option('-q, --quiet', 'say nothing but errors')
    .option('--json', 'print one JSON object at the end')
    .action((dataset: string, flags: Flags) => runExport(context, dataset, flags))
}

async function runExport(context: CommandContext, dataset: string, flags: Flags): Promise<void> {
  const { terminal } = context
  const say = (text: string) => {
    if (!flags.quiet) terminal.err(`${text}\n`)
  }
  const target = { output: flags.output, force: flags.force === true }
  await checkTarget(target)
  if (flags.manifest) await checkProofTarget(target)
  const client = context.client()
  const request = await buildRequest(client, dataset, flags)
  const started = performance.now()
  // By itself, a key of this one invocation: a request whose answer is lost on the way is sent again without harm.
  const idempotencyKey = flags.idempotencyKey ?? randomUUID()
  const job = await startExport(context, { ...request.input, idempotencyKey })
  if (flags.detach) {
    terminal.out(flags.json ? `${JSON.stringify(jobJson(job))}\n` : `${job.id}\n`)
    return
  }
  say(
    `evalport: export ${job.id} started: ${request.dataset}, ${job.columns.length} columns, ${request.format}`,
  )
  const mode = flags.quiet ? 'none' : flags.progress
  const last = await awaitEnd(context, job, mode, flags.timeout)
  if (last.status !== 'SUCCEEDED') throw unfinished(last)
  const file = last.file!
  const path = await saveDownload(context, file, target)
  if (flags.manifest) await saveProof(context, file, target.output ?? '.', target.force)
  const seconds = formatSeconds((performance.now() - started) / 1000)
  say(
    `evalport: done ${formatCount(file.rows)} rows, ${formatBytes(file.bytes)}, ${seconds}, sha256 ${file.sha256}`,
  )
  const kept = last.columns.filter(({ privacy }) => privacy === 'KEEP').map(({ header }) => header)
  if (kept.length > 0) say(`evalport: not redacted, as asked for: ${kept.join(', ')}`)
  for (const { rule, column, count } of last.redactions) {
    say(`evalport: ${formatCount(count)} ${rule} ${redactionWord(rule)} in the column ${column}`)
  }
  for (const change of last.changes) {
    say(`evalport: ${formatCount(change.count)} ${change.kind} in the column ${change.column}`)
  }
  if (flags.json) {
    const json = `${JSON.stringify({ ...jobJson(last), path: path ?? null })}\n`
    // With the file itself on standard output, nothing else may be there.
    if (path === undefined) terminal.err(json)
    else terminal.out(json)
  } else if (path !== undefined) terminal.out(`${path}\n`)
}

/** Sends the request, and once more if its answer was lost on the way. */
async function startExport(
  context: CommandContext,
  input: { readonly idempotencyKey: string },
): Promise<JobState> {
  try {
    return await requestExport(context, input)
  } catch (error) {
    context.interrupted.throwIfAborted()
    if (!(error instanceof AppError) || error.code !== 'UNAVAILABLE') throw error
    return requestExport(context, input)
  }
}

async function requestExport(context: CommandContext, input: object): Promise<JobState> {
  const { startExport: result } = await context.client().query<{
    startExport: { job?: JobState; code: 'INVALID_INPUT'; message: string; hint: string | null }
  }>(
    `mutation Start($input: StartExportInput!) {
      startExport(input: $input) {
        ... on StartExportSuccess { job { ...Job } }
        ... on UserError { code message hint }
      }
    } ${jobFragment}`,
    { input },
  )
  if (!result.job)
    throw new AppError(result.code, result.message, result.hint === null ? {} : { hint: result.hint })
  return result.job
}

/** Shows a job until it ends, and returns its final state. */
export async function awaitEnd(
  context: CommandContext,
  job: JobState,
  mode: ProgressMode,
  timeout: number | undefined,
): Promise<JobState> {
  const display = displayProgress(context, mode)
  const late = timeout === undefined ? undefined : AbortSignal.timeout(Math.min(timeout, longestTimer))
  const signal = late ? AbortSignal.any([late, context.interrupted]) : context.interrupted
  let last = job
  try {
    for await (const state of followStates(context.client(), job.id, signal)) {
      last = state
      display.show(state)
    }
  } finally {
    display.end()
  }
  if (isFinal(last.status)) return last
  if (context.interrupted.aborted) {
    context.terminal.err(
      `evalport: the export ${job.id} goes on; follow it with: evalport status ${job.id} --watch\n` +
        `evalport: or end it with: evalport cancel ${job.id}\n`,
    )
    context.interrupted.throwIfAborted()
  }
  if (late?.aborted) {
    throw new AppError('STILL_RUNNING', `The export ${job.id} is still running.`, {
      hint: `It goes on; get it later with: evalport download ${job.id}`,
    })
  }
  throw new AppError('UNAVAILABLE', `The server ended the news of export ${job.id} before its end.`, {
    hint: `Follow it again with: evalport status ${job.id} --watch`,
  })
}

/** Why a job that has ended has no file. */
export function unfinished(job: JobState): AppError {
  const { id, status, failure } = job
  if (status === 'CANCELLED') {
    return new AppError('EXPORT_FAILED', `The export ${id} was cancelled. Nothing of it is kept.`, {
      hint: `Try it again: evalport retry ${id}`,
    })
  }
  if (status === 'EXPIRED') {
    return new AppError('FILE_GONE', `The file of export ${id} is no longer kept.`, {
      hint: 'Start the export again: evalport export',
    })
  }
  return new AppError(
    'EXPORT_FAILED',
    `The export ${id} failed: ${failure?.message ?? 'no reason was told'} (${failure?.code})`,
    { hint: [failure?.hint, `Try it again: evalport retry ${id}`].filter(Boolean).join('\n') },
  )
}

/** Modes other than redacting are counted under their own names. */
function redactionWord(rule: string): string {
  return (privacyModes as readonly string[]).includes(rule) ? 'cells' : 'redacted'
}

function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('It is true or false.')
  return text === 'true'
}

function parseOrder(text: string): 'asc' | 'desc' {
  if (text !== 'asc' && text !== 'desc') throw new InvalidArgumentError('It is asc or desc.')
  return text
}
