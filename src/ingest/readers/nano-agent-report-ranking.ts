import { unadorned } from './nano-agent-report-tables.ts'

/** A line of the list under `Final Ranking`. */
export interface RankingLine {
  readonly line: number
  readonly text: string
  /** Undefined when the line names no place. The number of the list item is none: tied models share a place. */
  readonly place?: number
  readonly model: string
  readonly overallGrade?: string
}

/** The list under the heading that speaks of a ranking; undefined when there is no such heading. */
export function finalRanking(lines: readonly string[]): RankingLine[] | undefined {
  const start = lines.findIndex((line) => /^#{1,6}\s.*\branking\b/i.test(line.trim()))
  if (start < 0) return undefined
  const length = lines.slice(start + 1).findIndex((line) => /^#{1,6}\s/.test(line.trim()))
  const end = length < 0 ? lines.length : start + 1 + length
  return lines
    .slice(start + 1, end)
    .flatMap((text, index) => rankingLine(text.trim(), start + 2 + index) ?? [])
}

/** `2. **1st Place**: gpt-5-mini (Overall Grade: A)` */
function rankingLine(text: string, line: number): RankingLine | undefined {
  const item = /^(?:\d{1,4}[.)]|[-*+])\s+(.*)$/.exec(text)?.[1]
  if (item === undefined) return undefined
  const place = /^\*{0,2}(\d{1,4})(?:st|nd|rd|th) place\b[^:]{0,40}:\*{0,2}\s*(.*)$/i.exec(item)
  const rest = place?.[2] ?? item
  const paren = rest.search(/\(overall grade:/i)
  const grade = paren < 0 ? undefined : /^\(overall grade:([^)]*)\)/i.exec(rest.slice(paren))?.[1]
  return {
    line,
    text,
    model: unadorned(paren < 0 ? rest : rest.slice(0, paren)),
    ...(place ? { place: Number(place[1]) } : {}),
    ...(grade === undefined ? {} : { overallGrade: unadorned(grade) }),
  }
}
