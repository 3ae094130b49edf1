import type { CommandFile } from './evaluation-test.ts'
import { frontMatterLength, sectionsOf, sectionTitled, textOf } from './evaluation-test-sections.ts'
import { reportHeading } from './nano-agent-report-title.ts'

/** Whether it is a HOP: a command that takes the path of a test and says what its report has to look like. */
export function isHigherOrder(lines: readonly string[]): boolean {
  if (!lines.some((line) => line.includes('$ARGUMENTS'))) return false
  if (lines.some((line) => reportHeading(line) !== undefined)) return false
  const sections = sectionsOf(lines)
  return ['agent responses', 'grading criteria'].every((title) => sectionTitled(sections, title))
}

export function readHigherOrder(lines: readonly string[]): CommandFile {
  const body = lines.slice(frontMatterLength(lines))
  const sections = sectionsOf(body)
  return {
    title: sections.find(({ level }) => level === 1)?.title,
    prompt: body.join('\n').trim(),
    expected: undefined,
    rubric: textOf(body, sectionTitled(sections, 'grading criteria')),
  }
}
