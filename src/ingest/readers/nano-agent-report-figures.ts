import type { EvaluationResultFields } from '../records/evaluation-result.ts'
import { countOf, durationOf, isUnknown, usdOf } from '../normalise/quantities.ts'
import type { LineProblem } from './nano-agent-report-models.ts'
import { unadorned } from './nano-agent-report-tables.ts'
import type { ColumnName, Mention } from './nano-agent-report-tables.ts'
import { wholeOrSize } from '../whole-or-size.ts'

export type Grades = Pick<
  EvaluationResultFields,
  'gradePerformance' | 'gradeSpeed' | 'gradeCost' | 'gradeOverall'
>

/** What a row of the metrics says; undefined is unknown. */
export interface Metrics {
  readonly durationNs: bigint | undefined
  readonly totalTokens: bigint | undefined
  readonly costReportedUsd: string | undefined
  readonly inputTokens: bigint | undefined
  readonly outputTokens: bigint | undefined
}

/**
 * The figures of one row. One that cannot be read is a problem of the whole record: it must neither be guessed nor
 * look unknown.
 */
export function readMetrics(mention: Mention | undefined, problems: LineProblem[]): Metrics {
  const read = <T>(
    column: ColumnName,
    what: string,
    parse: (text: string) => T | undefined,
  ): T | undefined => {
    const text = unadorned(mention?.cell(column) ?? '')
    if (isUnknown(text)) return undefined
    const value = parse(text)
    if (value === undefined && mention) {
      const message = `column "${column}": expected ${what}, found ${quoted(text)}`
      problems.push({ line: mention.row.line, message })
    }
    return value
  }
  return {
    durationNs: read('execution time', 'a time such as 3.03s', durationOf),
    totalTokens: read('total tokens', 'a number of tokens', countOf),
    costReportedUsd: read('total cost', 'US dollars such as $0.000343', usdOf),
    inputTokens: read('input tokens', 'a number of tokens', countOf),
    outputTokens: read('output tokens', 'a number of tokens', countOf),
  }
}

/** The row has token columns and every one of them says "unknown": the source reports usage of every run that ended well. */
export function hasNoUsage(mention: Mention): boolean {
  const cells = (['total tokens', 'input tokens', 'output tokens'] as const).map((column) =>
    mention.cell(column),
  )
  return cells.some((cell) => cell !== undefined) && cells.every((cell) => isUnknown(unadorned(cell ?? '')))
}

/** `S`, `A` to `F`, with `+` or `-`. Another value is left out with a warning: a word is no grade to compare by. */
export function readGrades(
  mention: Mention | undefined,
  ranked: string | undefined,
  warnings: string[],
): Grades {
  const read = (text: string | undefined, column: string): string | undefined => {
    const grade = unadorned(text ?? '').toUpperCase()
    if (/^[SA-F][+-]?$/.test(grade)) return grade
    if (!isUnknown(grade))
      warnings.push(`${column}: ${quoted(grade)} is no grade from S, A to F; it is kept in raw only`)
    return undefined
  }
  const overall = read(mention?.cell('overall grade'), 'overall grade')
  const byRanking = read(ranked, 'overall grade in the ranking')
  if (overall && byRanking && overall !== byRanking) {
    warnings.push(
      `the overall grade is ${overall} in the table and ${byRanking} in the ranking; the table is believed`,
    )
  }
  const grades = {
    gradePerformance: read(mention?.cell('performance grade'), 'performance grade'),
    gradeSpeed: read(mention?.cell('speed grade'), 'speed grade'),
    gradeCost: read(mention?.cell('cost grade'), 'cost grade'),
    gradeOverall: overall ?? byRanking,
  }
  return Object.fromEntries(Object.entries(grades).filter(([, grade]) => grade !== undefined))
}

function quoted(text: string): string {
  return wholeOrSize(JSON.stringify(text))
}
