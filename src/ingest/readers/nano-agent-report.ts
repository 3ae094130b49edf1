import { errorTypeOf } from '../normalise/failures.ts'
import { knownFields } from '../normalise/known.ts'
import { UnreadableFile } from '../reader.ts'
import type { Reader, ReaderOutput, SourceFile } from '../reader.ts'
import type { EvaluationResultFields } from '../records/evaluation-result.ts'
import { answerKey } from './nano-agent-answer-key.ts'
import { hasNoUsage, readGrades, readMetrics } from './nano-agent-report-figures.ts'
import { reportedModels } from './nano-agent-report-models.ts'
import type { ReportedModel } from './nano-agent-report-models.ts'
import { finalRanking } from './nano-agent-report-ranking.ts'
import { headsResults, kindNames, reportTables, tableKinds } from './nano-agent-report-tables.ts'
import type { Mention, TableKind } from './nano-agent-report-tables.ts'
import { reportHeading, reportTest } from './nano-agent-report-title.ts'
import type { ReportTest } from './nano-agent-report-title.ts'
import { excerptOf, linesOf, readSourceText, refuseConflictMarkers } from './source-text.ts'

/**
 * The Markdown report of an evaluation by nano-agent: what a judging model wrote about the answers of several models
 * to one test. Every model that a table names becomes one record, or one reject if any figure of it cannot be read.
 */
export const nanoAgentReport: Reader = {
  id: 'nano-agent-report',
  description: 'nano-agent: Markdown report, eval_results_<n>_<slug>.md',
  // A model's retelling of the answers: whatever else tells of them is nearer to the truth.
  rank: 1,

  detect(head) {
    return linesOf(head).some((line) => reportHeading(line) !== undefined || headsResults(line))
  },

  async *read(file) {
    const lines = linesOf(await readSourceText(file, 'a report', 16))
    refuseConflictMarkers(lines)
    refuseNul(lines)
    const tables = reportTables(lines)
    if (tables.mentions.length === 0) {
      throw new UnreadableFile(
        'holds no table of results with a row in it',
        { line: 1 },
        excerptOf(lines[0] ?? ''),
      )
    }
    const ranking = finalRanking(lines)
    const { models, rejects } = reportedModels(tables.mentions, ranking ?? [])
    const test = reportTest(lines, file.path)

    for (const message of test.warnings) yield warning(message, 1)
    for (const kind of tables.missing) yield warning(`the report has no table ${tableKinds[kind].title}`, 1)
    if (ranking === undefined) yield warning('the report has no Final Ranking', 1)
    for (const { line, message } of tables.oddities) yield warning(message, line)
    yield* rejects
    const present = kindNames.filter((kind) => !tables.missing.includes(kind))
    for (const model of models)
      yield* outputsOf(model, { file, test, present, isRanked: ranking !== undefined })
  },
}

interface Report {
  readonly file: SourceFile
  readonly test: ReportTest
  readonly present: readonly TableKind[]
  readonly isRanked: boolean
}

/** The cells as written, by table and header. */
interface RawReport {
  readonly responses?: Mention['written']
  readonly grades?: Mention['written']
  readonly metrics?: Mention['written']
  readonly ranking?: string
}

function* outputsOf(model: ReportedModel, report: Report): Generator<ReaderOutput> {
  const { responses, grades, metrics } = model.mentions
  const { file, test } = report
  const problems = [...model.problems]
  const warnings = missingMentions(model, report)
  const figures = readMetrics(metrics, problems)
  const { totalTokens, inputTokens, outputTokens } = figures
  if (problems.length > 0) {
    const rows = [responses, grades, metrics].flatMap((mention) => mention?.row.text ?? [])
    const reason = problems.map(({ line, message }) => `line ${line}: ${message}`).join('; ')
    const { line } = problems[0]!
    yield {
      kind: 'reject',
      reason: `${model.asWritten}: ${reason}`,
      position: { line },
      excerpt: excerptOf(rows.join('\n')),
    }
    return
  }
  if (totalTokens !== undefined && inputTokens !== undefined && outputTokens !== undefined) {
    const sum = inputTokens + outputTokens
    if (sum !== totalTokens)
      warnings.push(`total tokens are ${totalTokens}, input and output ${sum}; kept as reported`)
  }
  const fields = knownFields<EvaluationResultFields>({
    occurredAt: file.fallbackTime.at,
    occurredAtSource: file.fallbackTime.source,
    run: `nano-agent-report:${file.sha256.slice(0, 16)}`,
    framework: 'nano-agent',
    testId: test.testId,
    testTitle: test.testTitle,
    promptOrder: 'LOP',
    provider: model.provider,
    model: model.model,
    modelAsWritten: model.asWritten,
    ...outcome(model),
    ...readGrades(grades, model.ranking?.overallGrade, warnings),
    rank: model.ranking?.place,
    ...figures,
  })
  const told = knownFields<RawReport>({
    responses: responses?.written,
    grades: grades?.written,
    metrics: metrics?.written,
    ranking: model.ranking?.text,
  })
  const matchKey = answerKey(fields)
  yield {
    kind: 'evaluation_result',
    record: {
      naturalKey: ['nano-agent', file.sha256, test.testId ?? null, null, model.model, null, 0],
      ...(matchKey ? { matchKey } : {}),
      isRetelling: true,
      fields,
      raw: { report: told },
    },
    position: { line: model.line },
  }
  for (const message of warnings) yield warning(`${model.asWritten}: ${message}`, model.line)
}

/** What was answered, and whether it went well: the report says it only by a cross and by usage that is not there. */
function outcome({ mentions: { responses, metrics } }: ReportedModel) {
  const response = responseText(responses?.cell('response') ?? '')
  const failure = /^❌\uFE0F?\s*(.*)$/s.exec(response ?? '')?.[1]
  const isTold = response !== undefined || metrics !== undefined
  const errorMessage = failure === undefined || failure === '' ? undefined : failure
  return {
    response,
    success: isTold ? failure === undefined && !(metrics && hasNoUsage(metrics)) : undefined,
    successSource: isTold ? ('inferred' as const) : undefined,
    errorMessage,
    errorType: errorMessage === undefined ? undefined : errorTypeOf(errorMessage),
  }
}

/** A cell as the text it stands for; undefined when it says that there is none. */
function responseText(cell: string): string | undefined {
  // Fewer words than for a figure: `None` may be what the model answered.
  if (/^(?:n\/a|[-–—]?)$/i.test(cell)) return undefined
  const lineBreak = /<br ?\/?>/gi
  const ticks = /^`+/.exec(cell)?.[0] ?? ''
  const inner = cell.slice(ticks.length, -ticks.length)
  const isSpan = ticks !== '' && inner !== '' && cell.endsWith(ticks) && !inner.includes(ticks)
  // Three backticks and a line break are a fenced block, whose first line names a language: part of the answer.
  const isBlock = ticks.length >= 3 && inner.search(lineBreak) >= 0
  return (isSpan && !isBlock ? inner : cell).replace(lineBreak, '\n')
}

function missingMentions(model: ReportedModel, report: Report): string[] {
  const { mentions, ranking } = model
  return [
    ...report.present
      .filter((kind) => !mentions[kind])
      .map((kind) => `has no row in the table ${tableKinds[kind].title}`),
    ...(report.isRanked && !ranking ? ['is not in the Final Ranking'] : []),
    ...(ranking && ranking.place === undefined
      ? [`its line ${ranking.line} in the Final Ranking names no place`]
      : []),
  ]
}

/** @throws UnreadableFile: Postgres cannot hold the character, and no report has it but by damage */
function refuseNul(lines: readonly string[]): void {
  const index = lines.findIndex((line) => line.includes('\0'))
  if (index >= 0)
    throw new UnreadableFile(
      'holds the character U+0000',
      { line: index + 1 },
      excerptOf(lines[index]!.replaceAll('\0', '\uFFFD')),
    )
}

function warning(message: string, line: number): ReaderOutput {
  return { kind: 'warning', message, position: { line } }
}
