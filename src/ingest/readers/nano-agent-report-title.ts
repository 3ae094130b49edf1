/** Which test a report is about. */
export interface ReportTest {
  readonly testId?: string
  readonly testTitle?: string
  readonly warnings: readonly string[]
}

/** `# Evaluation Results: Problem #2 - Title`; what follows the two words, or undefined for another line. */
export function reportHeading(line: string): string | undefined {
  return /^#{1,3}\s+Evaluation Results\b[\s:]*(.*)$/i.exec(line.trim())?.[1]
}

/**
 * The test's id is that of its prompt file, `lop_eval_<n>__<slug>`. The slug is in the report's file name,
 * `eval_results_<n>_<slug>.md`; failing that it is made from the title, which mostly gives the same.
 */
export function reportTest(lines: readonly string[], path: string): ReportTest {
  const heading = lines.map(reportHeading).find((text) => text !== undefined)
  const problem = /^Problem\s+#?(\d{1,9})\b[\s:–—-]*(.*)$/i.exec(heading ?? '')
  const title = (problem ? problem[2]! : (heading ?? '')).trim()
  const file = /^eval_results_(?:(\d{1,9})_)?(.*)\.md$/i.exec(path.split('/').at(-1) ?? '')
  const warnings: string[] = []
  if (heading === undefined) warnings.push('the report has no heading "Evaluation Results"')
  else if (!title) warnings.push('the heading names no test')

  const number = problem?.[1] ?? file?.[1]
  const agrees = file !== null && (file[1] === undefined || Number(file[1]) === Number(number))
  if (file && !agrees) {
    warnings.push(
      `the name of the file says problem ${file[1]}, the heading problem ${number}; the heading is believed`,
    )
  }
  const testId = testIdOf(number, slugOf(agrees ? file[2]! : title))
  if (testId === undefined) warnings.push('the report says nowhere which test it is about')
  return { ...(testId ? { testId } : {}), ...(title ? { testTitle: title } : {}), warnings }
}

/** `lop_eval_<n>__<slug>`, or as much of it as is known. */
export function testIdOf(number: string | undefined, slug: string): string | undefined {
  if (number === undefined) return slug ? `lop_eval_${slug}` : undefined
  return slug ? `lop_eval_${Number(number)}__${slug}` : `lop_eval_${Number(number)}`
}

/** `Basic File Reading Test` -> `basic_file_reading_test`; short enough for an index. */
export function slugOf(text: string): string {
  const words =
    text
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  return words.join('_').slice(0, 100).toWellFormed()
}
