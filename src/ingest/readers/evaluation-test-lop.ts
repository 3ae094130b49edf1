import { UnreadableFile } from '../reader.ts'
import type { CommandFile } from './evaluation-test.ts'
import { frontMatterLength, sectionsOf, sectionTitled, textOf } from './evaluation-test-sections.ts'
import type { Section } from './evaluation-test-sections.ts'
import { reportHeading } from './nano-agent-report-title.ts'
import { excerptOf } from './source-text.ts'

const promptLine = /^\s*(?:[-*]\s+)?(?:\*\*)?PROMPT(?:\*\*)?\s*:(?:\*\*)?\s*(.*)$/
const nextSection = /^##\s+(?:agents|expected output|grading rubric)\b/i
const otherVariable = /^\s*(?:[-*]\s+)?(?:\*\*)?[A-Z][A-Z0-9_]*(?:\*\*)?\s*:/

/** Whether it is a LOP: variables with a prompt, and what to expect of the answers or how to grade them. */
export function isLowerOrder(lines: readonly string[]): boolean {
  if (lines.some((line) => reportHeading(line) !== undefined)) return false
  const sections = sectionsOf(lines)
  const variables = sectionTitled(sections, 'variables')
  if (!variables) return false
  const hasRest = sections.some(
    (section) =>
      section.start > variables.start && sectionTitled([section], 'expected output', 'grading rubric'),
  )
  const isProblem = sections.some(({ level, title }) => level === 1 && /^Problem\s+#?\d/i.test(title))
  return hasRest && (isProblem || promptStart(lines, variables) !== undefined)
}

/** @throws UnreadableFile for one without a prompt, or with one that does not end */
export function readLowerOrder(lines: readonly string[]): CommandFile {
  const sections = sectionsOf(lines, frontMatterLength(lines))
  const variables = sectionTitled(sections, 'variables')!
  const { prompt, end } = promptOf(lines, variables)
  // Headings within the prompt belong to it.
  const rest = sectionsOf(lines, end)
  return {
    title: sections.find(({ level, start }) => level === 1 && start < end)?.title,
    prompt,
    expected: textOf(lines, sectionTitled(rest, 'expected output')),
    rubric: textOf(lines, sectionTitled(rest, 'grading rubric')),
  }
}

function promptStart(lines: readonly string[], variables: Section): number | undefined {
  const index = lines.slice(variables.start, variables.end).findIndex((line) => promptLine.test(line))
  return index < 0 ? undefined : variables.start + index
}

/** The prompt, and the line after it. In quotes it may have any number of lines, and quotes and headings among them. */
function promptOf(lines: readonly string[], variables: Section): { prompt: string; end: number } {
  const start = promptStart(lines, variables)
  if (start === undefined) {
    throw new UnreadableFile(
      'its Variables name no PROMPT',
      { line: variables.start },
      lines[variables.start - 1],
    )
  }
  const first = promptLine.exec(lines[start]!)![1]!
  const problem = (reason: string) =>
    new UnreadableFile(reason, { line: start + 1 }, excerptOf(lines[start]!))
  if (!first.startsWith('"')) {
    const { end } = variables
    const next = lines.findIndex((line, index) => index > start && index < end && otherVariable.test(line))
    const stop = next < 0 ? end : next
    const prompt = [first, ...lines.slice(start + 1, stop)].join('\n').trim()
    if (prompt === '') throw problem('its PROMPT is empty')
    return { prompt, end: stop }
  }
  const close = closingLine(lines, start, first)
  if (close === undefined) throw problem('its PROMPT has no closing quote')
  const quoted = [first.slice(1), ...lines.slice(start + 1, close + 1)].join('\n').trimEnd().slice(0, -1)
  const prompt = quoted.replaceAll('\\"', '"')
  if (prompt.trim() === '') throw problem('its PROMPT is empty')
  return { prompt, end: close + 1 }
}

/**
 * The line whose quote ends the prompt: the first that another variable follows, or else the last before the next
 * section that every LOP has.
 */
function closingLine(lines: readonly string[], start: number, first: string): number | undefined {
  let close: number | undefined
  for (let line = start; line < lines.length; line++) {
    if (close !== undefined && nextSection.test(lines[line]!)) return close
    const text = (line === start ? first.slice(1) : lines[line]!).trimEnd()
    if (!text.endsWith('"') || text.endsWith('\\"')) continue
    const next = lines.slice(line + 1).find((each) => each.trim() !== '')
    if (next !== undefined && otherVariable.test(next)) return line
    if (next === undefined || /^#{1,2}\s/.test(next)) close = line
  }
  return close
}
