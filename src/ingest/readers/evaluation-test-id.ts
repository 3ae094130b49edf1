import { UnreadableFile } from '../reader.ts'
import { slugOf, testIdOf } from './nano-agent-report-title.ts'

export interface IdentifiedTest {
  readonly testId: string
  readonly testTitle?: string
  readonly warnings: readonly string[]
}

/**
 * A test's id is the name of its file, `lop_eval_<n>__<slug>.md` or `hop_<slug>.md`; under any other name it is made
 * from the heading as a report's is, so that results find their test.
 *
 * @param title the heading, e.g. `Problem #2: Basic File Reading Test`
 * @throws UnreadableFile when neither names it
 */
export function evaluationTestId(
  order: 'HOP' | 'LOP',
  title: string | undefined,
  path: string,
): IdentifiedTest {
  const problem = /^Problem\s+#?(\d{1,9})\b[\s:–—-]*(.*)$/i.exec(title ?? '')
  const testTitle = (problem ? problem[2]! : (title ?? '')).trim()
  const warnings = testTitle === '' ? ['the heading names no test'] : []
  const told = testTitle === '' ? {} : { testTitle }
  const file = /^((?:lop|hop)_.+)\.md$/i.exec(path.split('/').at(-1) ?? '')?.[1]
  if (file !== undefined) {
    const number = /^lop_eval_(\d{1,9})(?:_|$)/i.exec(file)?.[1]
    if (problem && number !== undefined && Number(number) !== Number(problem[1])) {
      warnings.push(
        `the name of the file says problem ${number}, the heading problem ${problem[1]}; the name is believed`,
      )
    }
    return { testId: file, ...told, warnings }
  }
  const testId =
    order === 'LOP' ? testIdOf(problem?.[1], slugOf(testTitle)) : higherOrderId(slugOf(testTitle))
  if (testId === undefined) throw new UnreadableFile('says nowhere which test it is', { line: 1 })
  return { testId, ...told, warnings }
}

function higherOrderId(slug: string): string | undefined {
  if (slug === '') return undefined
  return slug.startsWith('hop_') ? slug : `hop_${slug}`
}
