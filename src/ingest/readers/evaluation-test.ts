import type { EvaluationTest } from '../records/evaluation-test.ts'
import { UnreadableFile } from '../reader.ts'
import type { Reader, ReaderOutput, SourceFile } from '../reader.ts'
import { isHigherOrder, readHigherOrder } from './evaluation-test-hop.ts'
import { isLowerOrder, readLowerOrder } from './evaluation-test-lop.ts'
import { evaluationTestId } from './evaluation-test-id.ts'
import { excerptOf, linesOf, readSourceText, refuseConflictMarkers } from './source-text.ts'

/** What a command file says, whichever of the two it is. */
export interface CommandFile {
  readonly title: string | undefined
  readonly prompt: string
  readonly expected: string | undefined
  readonly rubric: string | undefined
}

/**
 * The command files that an evaluation by nano-agent consists of: a LOP, which is a test (what is asked, what is
 * expected, how it is graded), and the HOP, which runs it and grades the answers. Each file is one version of one test.
 */
export const evaluationTest: Reader = {
  id: 'evaluation-test',
  description: 'nano-agent: HOP or LOP, .claude/commands/perf/*.md',
  rank: 1,

  detect(head) {
    const lines = linesOf(head)
    return isLowerOrder(lines) || isHigherOrder(lines)
  },

  async *read(file) {
    const lines = linesOf(await readSourceText(file, 'a HOP or LOP', 16))
    refuseConflictMarkers(lines)
    if (isLowerOrder(lines)) yield* outputsOf('LOP', readLowerOrder(lines), file)
    else if (isHigherOrder(lines)) yield* outputsOf('HOP', readHigherOrder(lines), file)
    else {
      const reason =
        'is neither a LOP (## Variables with a PROMPT, ## Expected Output or ## Grading rubric) ' +
        'nor a HOP ($ARGUMENTS, ### Agent Responses, ### Grading Criteria)'
      throw new UnreadableFile(reason, { line: 1 }, excerptOf(lines[0] ?? ''))
    }
  },
}

function* outputsOf(order: 'HOP' | 'LOP', command: CommandFile, file: SourceFile): Generator<ReaderOutput> {
  const { title, prompt, expected, rubric } = command
  const { testId, testTitle, warnings } = evaluationTestId(order, title, file.path)
  const test: EvaluationTest = {
    testId,
    testVersion: file.sha256.slice(0, 16),
    promptOrder: order,
    ...(testTitle === undefined ? {} : { testTitle }),
    prompt,
    ...(expected === undefined ? {} : { expected }),
    ...(rubric === undefined ? {} : { rubric }),
    since: file.fallbackTime.at,
  }
  const position = { line: 1 }
  yield { kind: 'evaluation_test', test, position }
  for (const message of warnings) yield { kind: 'warning', message, position }
  if (order === 'LOP' && expected === undefined) {
    yield { kind: 'warning', message: 'has no section "Expected Output"', position }
  }
  if (rubric === undefined) {
    const section = order === 'LOP' ? 'Grading rubric' : 'Grading Criteria'
    yield { kind: 'warning', message: `has no section "${section}"`, position }
  }
}
